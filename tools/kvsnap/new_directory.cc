#include "tools/kvsnap/new_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace tools::kvsnap {
namespace {

namespace fs = std::filesystem;

/// Says of a directory that a restore made it and did not come to its end.
constexpr const char* kUnfinished = "/unfinished-restore";

Outcome<void> sync_directory(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return refuse(kExitIo, path + ": " + std::strerror(errno));
  const int failed = ::fsync(fd) != 0 ? errno : 0;
  ::close(fd);
  if (failed != 0) return refuse(kExitIo, path + ": " + std::strerror(failed));
  return {};
}

Outcome<void> make_private(const std::string& path) {
  std::error_code error;
  const fs::path parent = fs::path(path).parent_path();
  if (!parent.empty()) fs::create_directories(parent, error);
  if (error) return refuse(kExitCantCreate, parent.string() + ": " + error.message());
  if (::mkdir(path.c_str(), S_IRWXU) != 0) return refuse(kExitCantCreate, path + ": " + std::strerror(errno));
  const std::string marker = path + kUnfinished;
  const int fd = ::open(marker.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return refuse(kExitIo, marker + ": " + std::strerror(errno));
  ::close(fd);
  return {};
}

}  // namespace

NewDirectory::NewDirectory(std::string path) : path_(std::move(path)), partial_(path_ + ".partial") {}

NewDirectory::NewDirectory(NewDirectory&& other) noexcept
    : path_(std::move(other.path_)), partial_(std::exchange(other.partial_, {})) {}

NewDirectory::~NewDirectory() {
  std::error_code ignored;
  if (!partial_.empty()) fs::remove_all(partial_, ignored);
}

Outcome<NewDirectory> NewDirectory::make(const std::string& path) {
  std::error_code error;
  std::string plain = path;
  while (plain.size() > 1 && plain.ends_with('/')) plain.pop_back();
  if (fs::exists(plain, error) && (!fs::is_directory(plain, error) || !fs::is_empty(plain, error))) {
    return refuse(kExitCantCreate, plain + ": exists and is not empty; a restore makes a new directory");
  }
  const std::string partial = plain + ".partial";
  if (fs::exists(partial, error)) {
    if (!fs::exists(partial + kUnfinished, error)) {
      return refuse(kExitCantCreate, partial + ": is in the way, and no restore has made it");
    }
    fs::remove_all(partial, error);
    if (error) return refuse(kExitIo, partial + ": " + error.message());
  }
  TRY(make_private(partial));
  return NewDirectory(std::move(plain));
}

Outcome<void> NewDirectory::finish() {
  const std::string marker = partial_ + kUnfinished;
  if (::unlink(marker.c_str()) != 0) return refuse(kExitIo, marker + ": " + std::strerror(errno));
  TRY(sync_directory(partial_));
  if (std::rename(partial_.c_str(), path_.c_str()) != 0) {
    return refuse(kExitCantCreate, path_ + ": " + std::strerror(errno));
  }
  partial_.clear();
  const std::string parent = fs::path(path_).parent_path().string();
  return sync_directory(parent.empty() ? "." : parent);
}

}  // namespace tools::kvsnap
