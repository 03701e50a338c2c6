#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "libraft/disk/files.h"

namespace raft {
namespace {

using leveldb::Slice;
using leveldb::Status;

constexpr std::size_t kBufferBytes = 64U << 10U;

/// Buffers appends and writes them at a known offset, so that a preallocated tail stays behind what was
/// written.
class DiskWritableFile final : public leveldb::WritableFile {
 public:
  DiskWritableFile(std::string path, int fd, bool log, const DiskOptions& options,
                   std::shared_ptr<Latch> latch)
      : path_(std::move(path)), fd_(fd), log_(log), options_(options), latch_(std::move(latch)) {
    buffer_.reserve(kBufferBytes);
  }
  ~DiskWritableFile() override {
    if (fd_ >= 0) (void)DiskWritableFile::Close();
  }

  Status Append(const Slice& data) override {
    if (latch_->failed()) return latch_->status();
    if (buffer_.size() + data.size() <= kBufferBytes) {
      buffer_.append(data.data(), data.size());
      return Status::OK();
    }
    Status status = Flush();
    if (!status.ok() || data.size() > kBufferBytes) return status.ok() ? write(data) : status;
    buffer_.assign(data.data(), data.size());
    return status;
  }

  Status Flush() override {
    if (latch_->failed()) return latch_->status();
    Status status = write(buffer_);
    buffer_.clear();
    return status;
  }

  Status Sync() override {
    Status status = Flush();
    if (!status.ok()) return status;
    // Never retried: after a failed sync the kernel may call lost pages clean.
    if (::fdatasync(fd_) != 0) return latch_->pass(errno_status(path_, errno));
    return status;
  }

  Status Close() override {
    if (fd_ < 0) return latch_->status();
    Status status = latch_->failed() ? latch_->status() : finish();
    const int fd = std::exchange(fd_, -1);
    if (::close(fd) != 0 && status.ok()) status = latch_->pass(errno_status(path_, errno));
    return status;
  }

 private:
  /// A log file that is closed is one that LevelDB rotated away from: unsynced, its writes would be lost from
  /// the middle of the history (finding F2).
  Status finish() {
    Status status = Flush();
    if (!status.ok() || !log_) return status;
    if (allocated_ > written_ && ::ftruncate(fd_, static_cast<off_t>(written_)) != 0) {
      return latch_->pass(errno_status(path_, errno));
    }
    return Sync();
  }

  Status write(Slice data) {
    Status status = make_room(data.size());
    while (status.ok() && !data.empty()) {
      const ssize_t done = ::pwrite(fd_, data.data(), data.size(), static_cast<off_t>(written_));
      if (done < 0) {
        if (errno == EINTR) continue;
        return latch_->pass(errno_status(path_, errno));
      }
      written_ += static_cast<std::uint64_t>(done);
      data.remove_prefix(static_cast<std::size_t>(done));
    }
    return status;
  }

  Status make_room(std::size_t bytes) {
    const std::uint64_t needed = written_ + bytes;
    if (needed <= allocated_) return Status::OK();
    Status status = latch_->pass(check_reserve(path_, options_.reserve_bytes + bytes));
    if (!status.ok()) return status;
    const std::uint64_t target = needed + (log_ ? options_.log_step_bytes : kReserveCheckBytes);
    // A file system that cannot preallocate is slower, not wrong.
    if (log_) (void)::fallocate(fd_, 0, static_cast<off_t>(written_), static_cast<off_t>(target - written_));
    allocated_ = target;
    return status;
  }

  /// Files that are not preallocated ask for free space this often.
  static constexpr std::uint64_t kReserveCheckBytes = 1U << 20U;

  const std::string path_;
  int fd_;
  const bool log_;
  const DiskOptions options_;
  const std::shared_ptr<Latch> latch_;  // shared by every file of the env
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

Status open_writable(const std::string& path, bool log, const DiskOptions& options,
                     std::shared_ptr<Latch> latch, leveldb::WritableFile** file) {
  *file = nullptr;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return errno_status(path, errno);
  *file = std::make_unique<DiskWritableFile>(path, fd, log, options, std::move(latch)).release();
  return Status::OK();
}

}  // namespace raft
