#include "libraft/disk/disk_env.h"

#include <leveldb/env.h>

#include <cstdarg>
#include <filesystem>

#include "libraft/disk/files.h"
#include "libraft/disk/latch.h"

namespace raft {
namespace {

using leveldb::Status;

/// LevelDB's own LOG file says nothing that its statuses do not.
class NoLogger final : public leveldb::Logger {
 public:
  void Logv(const char* /*format*/, std::va_list /*arguments*/) override {}
};

std::string directory_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

class DiskEnv final : public leveldb::EnvWrapper {
 public:
  explicit DiskEnv(const DiskOptions& options)
      : leveldb::EnvWrapper(leveldb::Env::Default()), options_(options), latch_(std::make_shared<Latch>()) {}

  Status NewSequentialFile(const std::string& path, leveldb::SequentialFile** file) override {
    *file = nullptr;
    if (latch_->failed()) return latch_->status();
    return latch_->pass(target()->NewSequentialFile(path, file));
  }
  Status NewRandomAccessFile(const std::string& path, leveldb::RandomAccessFile** file) override {
    *file = nullptr;
    if (latch_->failed()) return latch_->status();
    return open_random(path, latch_, file);
  }
  Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override {
    *file = nullptr;
    if (latch_->failed()) return latch_->status();
    Status status = open_writable(path, path.ends_with(".log"), options_, latch_, file);
    if (status.ok()) status = sync_directory(directory_of(path));
    if (!status.ok()) {
      delete *file;
      *file = nullptr;
    }
    return latch_->pass(status);
  }
  Status NewAppendableFile(const std::string& path, leveldb::WritableFile** file) override {
    // Only reuse_logs wants it, which loses data after a torn tail (finding F3).
    *file = nullptr;
    return Status::NotSupported(path, "files are never appended to again");
  }
  Status RemoveFile(const std::string& path) override {
    return changed_directory(path, [&] { return target()->RemoveFile(path); });
  }
  Status DeleteFile(const std::string& path) override { return RemoveFile(path); }
  Status RenameFile(const std::string& from, const std::string& to) override {
    return changed_directory(to, [&] { return target()->RenameFile(from, to); });
  }
  Status CreateDir(const std::string& path) override {
    if (std::filesystem::is_directory(path)) return Status::OK();
    return changed_directory(path, [&] { return target()->CreateDir(path); });
  }
  Status NewLogger(const std::string& /*path*/, leveldb::Logger** logger) override {
    *logger = std::make_unique<NoLogger>().release();
    return Status::OK();
  }

 private:
  template <class Change>
  Status changed_directory(const std::string& path, Change change) {
    if (latch_->failed()) return latch_->status();
    Status status = change();
    if (status.ok()) status = sync_directory(directory_of(path));
    return latch_->pass(status);
  }

  const DiskOptions options_;
  const std::shared_ptr<Latch> latch_;  // shared by every file of the env
};

}  // namespace

std::unique_ptr<leveldb::Env> make_disk_env(const DiskOptions& options) {
  return std::make_unique<DiskEnv>(options);
}

}  // namespace raft
