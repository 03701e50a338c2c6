#include "libraft/disk/overlay_env.h"

#include <algorithm>
#include <cstdarg>
#include <cstring>
#include <utility>

#include "libraft/disk/no_logger.h"

namespace raft {
namespace {

using leveldb::Slice;
using leveldb::Status;
using Bytes = std::shared_ptr<std::string>;

class MemorySequentialFile final : public leveldb::SequentialFile {
 public:
  explicit MemorySequentialFile(Bytes bytes) : bytes_(std::move(bytes)) {}

  Status Read(std::size_t n, Slice* result, char* scratch) override {
    const std::size_t count = std::min(n, bytes_->size() - at_);
    std::memcpy(scratch, bytes_->data() + at_, count);
    at_ += count;
    *result = Slice(scratch, count);
    return Status::OK();
  }
  Status Skip(std::uint64_t n) override {
    at_ += std::min<std::size_t>(n, bytes_->size() - at_);
    return Status::OK();
  }

 private:
  const Bytes bytes_;
  std::size_t at_ = 0;
};

class MemoryRandomFile final : public leveldb::RandomAccessFile {
 public:
  explicit MemoryRandomFile(Bytes bytes) : bytes_(std::move(bytes)) {}

  Status Read(std::uint64_t offset, std::size_t n, Slice* result, char* scratch) const override {
    const std::size_t from = std::min<std::size_t>(offset, bytes_->size());
    const std::size_t count = std::min(n, bytes_->size() - from);
    std::memcpy(scratch, bytes_->data() + from, count);
    *result = Slice(scratch, count);
    return Status::OK();
  }

 private:
  const Bytes bytes_;
};

/// LevelDB opens a file for reading only after it closed it for writing.
class MemoryWritableFile final : public leveldb::WritableFile {
 public:
  explicit MemoryWritableFile(Bytes bytes) : bytes_(std::move(bytes)) {}

  Status Append(const Slice& data) override {
    bytes_->append(data.data(), data.size());
    return Status::OK();
  }
  Status Close() override { return Status::OK(); }
  Status Flush() override { return Status::OK(); }
  Status Sync() override { return Status::OK(); }

 private:
  const Bytes bytes_;
};

class NoLock final : public leveldb::FileLock {};

Status closed_status(const std::string& path) {
  return Status::IOError(path, "closed for reading");
}

}  // namespace

OverlayEnv::OverlayEnv(leveldb::Env* target) : leveldb::EnvWrapper(target) {}
OverlayEnv::~OverlayEnv() = default;

void OverlayEnv::close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  while (!held_.empty()) {
    const Work work = held_.back();
    held_.pop_back();
    lock.unlock();
    work.function(work.argument);
    lock.lock();
  }
}

OverlayEnv::Bytes OverlayEnv::find(const std::string& path) const {
  const auto found = written_.find(path);
  return found == written_.end() ? nullptr : found->second;
}

Status OverlayEnv::NewSequentialFile(const std::string& path, leveldb::SequentialFile** file) {
  *file = nullptr;
  std::lock_guard lock(mutex_);
  if (closed_) return closed_status(path);
  if (removed_.contains(path)) return Status::NotFound(path, "removed");
  const Bytes bytes = find(path);
  if (bytes == nullptr) return target()->NewSequentialFile(path, file);
  *file = std::make_unique<MemorySequentialFile>(bytes).release();
  return Status::OK();
}

Status OverlayEnv::NewRandomAccessFile(const std::string& path, leveldb::RandomAccessFile** file) {
  *file = nullptr;
  std::lock_guard lock(mutex_);
  if (closed_) return closed_status(path);
  if (removed_.contains(path)) return Status::NotFound(path, "removed");
  const Bytes bytes = find(path);
  if (bytes == nullptr) return target()->NewRandomAccessFile(path, file);
  *file = std::make_unique<MemoryRandomFile>(bytes).release();
  return Status::OK();
}

Status OverlayEnv::NewWritableFile(const std::string& path, leveldb::WritableFile** file) {
  *file = nullptr;
  std::lock_guard lock(mutex_);
  if (closed_) return closed_status(path);
  removed_.erase(path);
  const Bytes bytes = written_[path] = std::make_shared<std::string>();
  *file = std::make_unique<MemoryWritableFile>(bytes).release();
  return Status::OK();
}

Status OverlayEnv::NewAppendableFile(const std::string& path, leveldb::WritableFile** file) {
  *file = nullptr;
  return Status::NotSupported(path, "files are never appended to again");
}

bool OverlayEnv::FileExists(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (removed_.contains(path)) return false;
  return find(path) != nullptr || target()->FileExists(path);
}

Status OverlayEnv::GetChildren(const std::string& directory, std::vector<std::string>* names) {
  std::lock_guard lock(mutex_);
  Status status = closed_ ? closed_status(directory) : target()->GetChildren(directory, names);
  if (!status.ok()) return status;
  std::erase_if(*names, [&](const std::string& name) { return removed_.contains(directory + "/" + name); });
  for (const auto& [path, bytes] : written_) {
    if (!path.starts_with(directory + "/")) continue;
    const std::string name = path.substr(directory.size() + 1);
    if (std::ranges::find(*names, name) == names->end()) names->push_back(name);
  }
  return status;
}

Status OverlayEnv::GetFileSize(const std::string& path, std::uint64_t* bytes) {
  std::lock_guard lock(mutex_);
  if (closed_) return closed_status(path);
  if (removed_.contains(path)) return Status::NotFound(path, "removed");
  const Bytes found = find(path);
  if (found == nullptr) return target()->GetFileSize(path, bytes);
  *bytes = found->size();
  return Status::OK();
}

Status OverlayEnv::RemoveFile(const std::string& path) {
  std::lock_guard lock(mutex_);
  written_.erase(path);
  removed_.insert(path);
  return Status::OK();
}

Status OverlayEnv::CreateDir(const std::string& /*path*/) {
  return Status::OK();
}

/// LevelDB and our repair rename only what they have just written.
Status OverlayEnv::RenameFile(const std::string& from, const std::string& to) {
  std::lock_guard lock(mutex_);
  const Bytes bytes = find(from);
  if (bytes == nullptr) return Status::NotSupported(from, "was not written here");
  written_.erase(from);
  removed_.insert(from);
  removed_.erase(to);
  written_[to] = bytes;
  return Status::OK();
}

Status OverlayEnv::LockFile(const std::string& /*path*/, leveldb::FileLock** lock) {
  *lock = std::make_unique<NoLock>().release();
  return Status::OK();
}

Status OverlayEnv::UnlockFile(leveldb::FileLock* lock) {
  const std::unique_ptr<leveldb::FileLock> owned(lock);
  return Status::OK();
}

Status OverlayEnv::NewLogger(const std::string& /*path*/, leveldb::Logger** logger) {
  *logger = std::make_unique<NoLogger>().release();
  return Status::OK();
}

void OverlayEnv::Schedule(void (*function)(void*), void* argument) {
  std::lock_guard lock(mutex_);
  held_.push_back({function, argument});
}

}  // namespace raft
