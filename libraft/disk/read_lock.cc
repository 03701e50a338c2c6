#include "libraft/disk/read_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace raft {

Result<std::unique_ptr<ReadLock>> ReadLock::take(const std::string& directory) {
  const std::string path = directory + "/LOCK";
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return std::make_unique<ReadLock>(-1);
  if (fd < 0) return fail(ErrorCode::kIo, path, std::strerror(errno));
  auto lock = std::make_unique<ReadLock>(fd);
  // LevelDB holds an fcntl write lock on the whole file while the database is open.
  struct flock whole{};
  whole.l_type = F_RDLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(fd, F_SETLK, &whole) == 0) return lock;
  if (errno == EACCES || errno == EAGAIN) {
    return fail(ErrorCode::kUnavailable, directory, "in use by a running node; stop it first");
  }
  return fail(ErrorCode::kIo, path, std::strerror(errno));
}

ReadLock::~ReadLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace raft
