#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "libraft/disk/files.h"

namespace raft {
namespace {

using leveldb::Slice;
using leveldb::Status;

constexpr std::size_t kBufferBytes = 64U << 10U;
/// Files that are not preallocated ask for free space this often.
constexpr std::uint64_t kReserveCheckBytes = 1U << 20U;

/// Buffers appends and writes them at a known offset, so that a preallocated tail stays behind what was
/// written. After a failed call no other may follow: LatchEnv sees to that.
class PosixWritableFile final : public leveldb::WritableFile {
 public:
  PosixWritableFile(std::string path, int fd, FileUse use, const DiskOptions& options)
      : path_(std::move(path)), fd_(fd), log_(use == FileUse::kLog), options_(options) {
    buffer_.reserve(kBufferBytes);
  }
  ~PosixWritableFile() override {
    if (fd_ >= 0) ::close(fd_);
  }

  Status Append(const Slice& data) override {
    if (buffer_.size() + data.size() <= kBufferBytes) {
      buffer_.append(data.data(), data.size());
      return Status::OK();
    }
    Status status = Flush();
    if (!status.ok()) return status;
    if (data.size() > kBufferBytes) return write(data);
    buffer_.assign(data.data(), data.size());
    return status;
  }

  Status Flush() override {
    Status status = write(buffer_);
    buffer_.clear();
    return status;
  }

  Status Sync() override {
    Status status = Flush();
    if (!status.ok()) return status;
    // Never retried: after a failed sync the kernel may call lost pages clean.
    return ::fdatasync(fd_) == 0 ? status : errno_status(path_, errno);
  }

  Status Close() override {
    Status status = Flush();
    // The preallocated rest goes; should a crash bring it back, zeros are the end of a log all the same.
    if (status.ok() && log_ && allocated_ > written_ && ::ftruncate(fd_, static_cast<off_t>(written_)) != 0) {
      status = errno_status(path_, errno);
    }
    if (::close(std::exchange(fd_, -1)) != 0 && status.ok()) status = errno_status(path_, errno);
    return status;
  }

 private:
  Status write(Slice data) {
    Status status = make_room(data.size());
    while (status.ok() && !data.empty()) {
      const ssize_t done = ::pwrite(fd_, data.data(), data.size(), static_cast<off_t>(written_));
      if (done < 0) {
        if (errno == EINTR) continue;
        return errno_status(path_, errno);
      }
      written_ += static_cast<std::uint64_t>(done);
      data.remove_prefix(static_cast<std::size_t>(done));
    }
    return status;
  }

  Status make_room(std::size_t bytes) {
    const std::uint64_t needed = written_ + bytes;
    if (needed <= allocated_) return Status::OK();
    Status status = check_reserve(path_, options_.reserve_bytes + bytes);
    if (!status.ok()) return status;
    const std::uint64_t target = needed + (log_ ? options_.log_step_bytes : kReserveCheckBytes);
    // A file system that cannot preallocate is slower, not wrong.
    if (log_) (void)::fallocate(fd_, 0, static_cast<off_t>(written_), static_cast<off_t>(target - written_));
    allocated_ = target;
    return status;
  }

  const std::string path_;
  int fd_;
  const bool log_;
  const DiskOptions options_;
  std::string buffer_;
  std::uint64_t written_ = 0;    // bytes in the file
  std::uint64_t allocated_ = 0;  // bytes there is room for without asking
};

}  // namespace

Status errno_status(const std::string& path, int error) {
  const std::string text = std::strerror(error);
  return error == ENOENT ? Status::NotFound(path, text) : Status::IOError(path, text);
}

Status sync_directory(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno_status(directory, errno);
  const int error = ::fsync(fd) != 0 ? errno : 0;
  ::close(fd);
  return error == 0 ? Status::OK() : errno_status(directory, error);
}

Status check_reserve(const std::string& path, std::uint64_t reserve_bytes) {
  struct statvfs space{};
  if (::statvfs(path.c_str(), &space) != 0) return errno_status(path, errno);
  const std::uint64_t free = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
  if (free >= reserve_bytes) return Status::OK();
  return Status::IOError(path, "No space left on device: " + std::to_string(free) + " bytes free, " +
                                   std::to_string(reserve_bytes) + " needed with the reserve");
}

Status open_writable(const std::string& path, FileUse use, const DiskOptions& options,
                     leveldb::WritableFile** file) {
  *file = nullptr;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return errno_status(path, errno);
  *file = std::make_unique<PosixWritableFile>(path, fd, use, options).release();
  return Status::OK();
}

}  // namespace raft
