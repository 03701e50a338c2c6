// An Env that shows files and never changes them: what LevelDB writes while it opens a database stays in
// memory.
#pragma once

#include <leveldb/env.h>

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace raft {

/// Reads come from the target unless a file was written, renamed or removed here. Takes no lock on the
/// database: who uses it holds one (read_lock.h) or the directory is his. Thread: any.
class OverlayEnv final : public leveldb::EnvWrapper {
 public:
  /// `target` is not owned and never changed.
  explicit OverlayEnv(leveldb::Env* target);
  ~OverlayEnv() override;

  /// From now on every call fails, and LevelDB's background work, held until now, runs here and into that: a
  /// database is read here, never compacted. To be called right before the database is closed.
  void close();

  leveldb::Status NewSequentialFile(const std::string& path, leveldb::SequentialFile** file) override;
  leveldb::Status NewRandomAccessFile(const std::string& path, leveldb::RandomAccessFile** file) override;
  leveldb::Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override;
  leveldb::Status NewAppendableFile(const std::string& path, leveldb::WritableFile** file) override;
  bool FileExists(const std::string& path) override;
  leveldb::Status GetChildren(const std::string& directory, std::vector<std::string>* names) override;
  leveldb::Status GetFileSize(const std::string& path, std::uint64_t* bytes) override;
  leveldb::Status RemoveFile(const std::string& path) override;
  leveldb::Status DeleteFile(const std::string& path) override { return RemoveFile(path); }
  leveldb::Status CreateDir(const std::string& path) override;
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override;
  leveldb::Status LockFile(const std::string& path, leveldb::FileLock** lock) override;
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override;
  leveldb::Status NewLogger(const std::string& path, leveldb::Logger** logger) override;
  void Schedule(void (*function)(void*), void* argument) override;

 private:
  using Bytes = std::shared_ptr<std::string>;  // shared with the open files over it

  struct Work {
    void (*function)(void*);
    void* argument;
  };

  Bytes find(const std::string& path) const;

  mutable std::mutex mutex_;  // guards everything below
  std::map<std::string, Bytes> written_;
  std::set<std::string> removed_;
  std::vector<Work> held_;
  bool closed_ = false;
};

}  // namespace raft
