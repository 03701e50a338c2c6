#include "libkv/api/process_stats.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace kv::api {
namespace {

/// The fields of /proc/self/stat after the command, which may hold spaces: field 3 of proc(5) is the first.
std::vector<std::string> stat_fields() {
  std::ifstream in("/proc/self/stat");
  std::string line;
  std::getline(in, line);
  const auto command_end = line.rfind(')');
  if (command_end == std::string::npos) return {};
  std::istringstream rest(line.substr(command_end + 1));
  return {std::istream_iterator<std::string>(rest), std::istream_iterator<std::string>()};
}

double boot_time() {
  std::ifstream in("/proc/stat");
  for (std::string word; in >> word;) {
    double seconds = 0;
    if (word == "btime" && in >> seconds) return seconds;
  }
  return 0;
}

}  // namespace

ProcessStats process_stats() {
  ProcessStats stats;
  const std::vector<std::string> fields = stat_fields();
  if (fields.size() > 21) {
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    stats.cpu_seconds = (std::stod(fields[11]) + std::stod(fields[12])) / ticks;
    stats.start_time_seconds = boot_time() + std::stod(fields[19]) / ticks;
    stats.virtual_bytes = std::stod(fields[20]);
    stats.resident_bytes = std::stod(fields[21]) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  }
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (!error) stats.open_files = static_cast<double>(std::distance(begin(files), end(files)));
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.open_files_max = static_cast<double>(limit.rlim_cur);
  return stats;
}

}  // namespace kv::api
