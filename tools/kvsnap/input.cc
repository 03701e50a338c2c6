#include "tools/kvsnap/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "tools/kvsnap/directory.h"

namespace tools::kvsnap {
namespace {

class FileInput final : public Input {
 public:
  FileInput(int fd, std::string name) : fd_(fd), name_(std::move(name)) {
    struct stat found{};
    if (::fstat(fd_, &found) == 0 && S_ISREG(found.st_mode))
      total_ = static_cast<std::uint64_t>(found.st_size);
  }
  ~FileInput() override {
    if (fd_ != STDIN_FILENO) ::close(fd_);
  }
  FileInput(const FileInput&) = delete;
  FileInput& operator=(const FileInput&) = delete;

  Outcome<std::string> read(std::size_t bytes_max) override {
    std::string bytes(bytes_max, '\0');
    for (;;) {
      const ssize_t count = ::read(fd_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return refuse(kExitIo, name_ + ": " + std::strerror(errno));
      bytes.resize(static_cast<std::size_t>(count));
      return bytes;
    }
  }
  [[nodiscard]] std::uint64_t bytes_total() const override { return total_; }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  const int fd_;
  const std::string name_;
  std::uint64_t total_ = 0;
};

}  // namespace

Outcome<std::unique_ptr<Input>> open_input(const std::string& given) {
  if (given == "-") return std::make_unique<FileInput>(STDIN_FILENO, "standard input");
  std::error_code ignored;
  if (std::filesystem::is_directory(given, ignored)) return open_directory(given);
  const int fd = ::open(given.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const ExitCode code = errno == ENOENT ? kExitNoInput : errno == EACCES ? kExitNoPermission : kExitIo;
    return refuse(code, given + ": " + std::strerror(errno));
  }
  return std::make_unique<FileInput>(fd, given);
}

}  // namespace tools::kvsnap
