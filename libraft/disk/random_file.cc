#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "libraft/disk/files.h"

namespace raft {
namespace {

using leveldb::Slice;
using leveldb::Status;

class PosixRandomFile final : public leveldb::RandomAccessFile {
 public:
  PosixRandomFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  ~PosixRandomFile() override { ::close(fd_); }

  Status Read(std::uint64_t offset, std::size_t n, Slice* result, char* scratch) const override {
    std::size_t done = 0;
    while (done < n) {
      const ssize_t got = ::pread(fd_, scratch + done, n - done, static_cast<off_t>(offset + done));
      if (got == 0) break;
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errno_status(path_, errno);
      done += static_cast<std::size_t>(got);
    }
    *result = Slice(scratch, done);
    return Status::OK();
  }

 private:
  const std::string path_;
  const int fd_;
};

}  // namespace

Status open_random(const std::string& path, leveldb::RandomAccessFile** file) {
  *file = nullptr;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno_status(path, errno);
  *file = std::make_unique<PosixRandomFile>(path, fd).release();
  return Status::OK();
}

}  // namespace raft
