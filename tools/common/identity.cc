#include "tools/common/identity.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tools {
namespace {

using raft::ErrorCode;
using raft::fail;

// The whole file, with two hexadecimal numbers; a later format changes the first line.
constexpr const char* kFormat = "kvd data directory, format 1\ncluster %016llx\nmember %016llx\n";

std::string render(const Identity& identity) {
  char text[128];
  std::snprintf(text, sizeof(text), kFormat, static_cast<unsigned long long>(identity.cluster),
                static_cast<unsigned long long>(identity.member));
  return text;
}

raft::Result<void> system_error(const std::string& path, int error) {
  const ErrorCode code = error == ENOSPC ? ErrorCode::kNoSpace : ErrorCode::kIo;
  return fail(code, path, std::strerror(error));
}

raft::Result<void> sync_path(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) return system_error(path, errno);
  const int failed = ::fsync(fd) != 0 ? errno : 0;
  ::close(fd);
  if (failed != 0) return system_error(path, failed);
  return {};
}

raft::Result<void> write_new(const std::string& directory, const std::string& path,
                             const Identity& identity) {
  const std::string temporary = path + ".new";
  {
    std::ofstream out(temporary, std::ios::trunc | std::ios::binary);
    out << render(identity) << std::flush;
    if (!out) return system_error(temporary, errno == 0 ? EIO : errno);
  }
  RETURN_IF_ERROR(sync_path(temporary, O_RDONLY));
  if (::rename(temporary.c_str(), path.c_str()) != 0) return system_error(path, errno);
  return sync_path(directory, O_RDONLY | O_DIRECTORY);
}

raft::Result<Identity> parse(const std::string& path, const std::string& found) {
  unsigned long long cluster = 0;
  unsigned long long member = 0;
  if (std::sscanf(found.c_str(), kFormat, &cluster, &member) != 2 || found != render({cluster, member})) {
    return fail(ErrorCode::kMismatch, path,
                "is not of a format that this version knows; nothing was changed");
  }
  return Identity{cluster, member};
}

std::string content(std::ifstream& in) {
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

raft::Result<void> compare(const std::string& path, const Identity& found, const Identity& identity) {
  if (found == identity) return {};
  char text[160];
  std::snprintf(
      text, sizeof(text), "belongs to member %llx of cluster %llx, but this is member %llx of cluster %llx",
      static_cast<unsigned long long>(found.member), static_cast<unsigned long long>(found.cluster),
      static_cast<unsigned long long>(identity.member), static_cast<unsigned long long>(identity.cluster));
  return fail(
      ErrorCode::kMismatch, path,
      std::string(text) + "; use another --data-dir, or the --initial-cluster and token it was made with");
}

}  // namespace

raft::Result<void> claim_directory(const std::string& directory, const Identity& identity) {
  std::error_code error;
  if (!std::filesystem::exists(directory, error)) {
    std::filesystem::create_directories(directory, error);
    if (error) return fail(ErrorCode::kIo, directory, "cannot be made: " + error.message());
    if (::chmod(directory.c_str(), S_IRWXU) != 0) return system_error(directory, errno);
  }
  const std::string path = directory + "/identity";
  std::ifstream in(path, std::ios::binary);
  if (in) {
    ASSIGN_OR_RETURN(const Identity found, parse(path, content(in)));
    return compare(path, found, identity);
  }
  if (std::filesystem::exists(path, error)) return fail(ErrorCode::kIo, path, "cannot be read");
  if (std::filesystem::exists(directory + "/wal", error) ||
      std::filesystem::exists(directory + "/snap", error)) {
    return fail(ErrorCode::kMismatch, directory,
                "holds a log or a state but no identity file; it was not made by kvd");
  }
  return write_new(directory, path, identity);
}

raft::Result<Identity> read_identity(const std::string& directory) {
  const std::string path = directory + "/identity";
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(ErrorCode::kNotFound, path, "cannot be read; is this the data directory of a kvd?");
  return parse(path, content(in));
}

}  // namespace tools
