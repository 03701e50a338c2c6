#include "tools/kvctl/saved_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace tools::kvctl {

SavedFile::SavedFile(std::string path) : path_(std::move(path)), partial_(path_ + ".part") {}

SavedFile::~SavedFile() {
  if (fd_ < 0 || is_output()) return;
  ::close(fd_);
  ::unlink(partial_.c_str());
}

Failure SavedFile::failure(ExitCode code) const {
  return {code, (is_output() ? "standard output" : path_) + ": " + std::strerror(errno)};
}

Outcome<void> SavedFile::open() {
  if (is_output()) {
    fd_ = STDOUT_FILENO;
    return {};
  }
  fd_ = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd_ < 0) return refuse(failure(kExitCantCreate));
  return {};
}

Outcome<void> SavedFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return refuse(failure(kExitIo));
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Outcome<void> SavedFile::finish() {
  if (is_output()) return {};
  if (::fsync(fd_) != 0) return refuse(failure(kExitIo));
  if (::close(std::exchange(fd_, -1)) != 0 || std::rename(partial_.c_str(), path_.c_str()) != 0) {
    const Failure failed = failure(kExitIo);
    ::unlink(partial_.c_str());
    return refuse(failed);
  }
  const std::string parent = std::filesystem::path(path_).parent_path().string();
  const int directory = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return refuse(failure(kExitIo));
  const bool synced = ::fsync(directory) == 0;
  ::close(directory);
  if (!synced) return refuse(failure(kExitIo));
  return {};
}

}  // namespace tools::kvctl
