#include "tools/kvctl/value.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "tools/common/line_reader.h"

namespace tools::kvctl {
namespace {

/// Far above what any server takes: it is the server's limit that people should meet.
constexpr std::size_t kValueBytesMax = 64U << 20;

Outcome<std::string> read_stream(std::istream& in, const std::string& where) {
  std::string value;
  switch (read_all(in, kValueBytesMax, value)) {
    case ReadAll::kDone:
      return value;
    case ReadAll::kTooLong:
      return refuse(kExitLimit, where + ": more than the limit of " + std::to_string(kValueBytesMax) +
                                    " bytes for a value");
    case ReadAll::kFailed:
      break;
  }
  return refuse(kExitIo, where + ": cannot be read");
}

Outcome<std::string> read_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return refuse(kExitNoInput, path + ": " + std::strerror(errno == 0 ? ENOENT : errno));
  return read_stream(file, path);
}

}  // namespace

Outcome<std::string> read_input(std::istream& in) {
  return read_stream(in, "standard input");
}

Outcome<std::string> read_value(const std::string& argument, std::istream& in) {
  if (argument == "-") return read_input(in);
  if (argument.starts_with("@@")) return argument.substr(1);
  if (argument.starts_with('@')) return read_file(argument.substr(1));
  return argument;
}

}  // namespace tools::kvctl
