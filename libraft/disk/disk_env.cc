#include "libraft/disk/disk_env.h"

#include <leveldb/env.h>

#include <filesystem>
#include <utility>

#include "libraft/disk/files.h"

namespace raft {
namespace {

using leveldb::Status;

std::string directory_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

/// LevelDB's own env does what this one leaves to it: threads, time, reading whole files, locks.
class PosixEnv final : public leveldb::EnvWrapper {
 public:
  explicit PosixEnv(const DiskOptions& options)
      : leveldb::EnvWrapper(leveldb::Env::Default()), options_(options) {}

  Status NewRandomAccessFile(const std::string& path, leveldb::RandomAccessFile** file) override {
    return open_random(path, file);
  }
  Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override {
    const FileUse use = path.ends_with(".log") ? FileUse::kLog : FileUse::kOther;
    leveldb::WritableFile* opened = nullptr;
    *file = nullptr;
    Status status = open_writable(path, use, options_, &opened);
    std::unique_ptr<leveldb::WritableFile> owned(opened);
    if (status.ok()) status = sync_directory(directory_of(path));
    if (status.ok()) *file = owned.release();
    return status;
  }
  Status RemoveFile(const std::string& path) override {
    return changed_directory(path, [&] { return target()->RemoveFile(path); });
  }
  Status DeleteFile(const std::string& path) override { return RemoveFile(path); }
  Status RenameFile(const std::string& from, const std::string& to) override {
    return changed_directory(to, [&] { return target()->RenameFile(from, to); });
  }
  Status CreateDir(const std::string& path) override {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) return Status::OK();
    return changed_directory(path, [&] { return target()->CreateDir(path); });
  }
  /// LevelDB names the system call; a person wants to know who has the directory.
  Status LockFile(const std::string& path, leveldb::FileLock** lock) override {
    Status status = target()->LockFile(path, lock);
    if (status.ok() || status.IsNotFound()) return status;
    return Status::IOError(path, "in use by another process (" + status.ToString() + ")");
  }

 private:
  template <class Change>
  static Status changed_directory(const std::string& path, Change change) {
    Status status = change();
    return status.ok() ? sync_directory(directory_of(path)) : status;
  }

  const DiskOptions options_;
};

}  // namespace

std::unique_ptr<leveldb::Env> make_posix_env(const DiskOptions& options) {
  return std::make_unique<PosixEnv>(options);
}

std::unique_ptr<LatchEnv> make_disk_env(const DiskOptions& options) {
  return std::make_unique<LatchEnv>(make_posix_env(options));
}

}  // namespace raft
