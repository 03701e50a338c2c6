// Fail-stop around an Env (README.md in this folder says against what).
#pragma once

#include <leveldb/env.h>

#include <memory>
#include <optional>
#include <string>

#include "libraft/base/result.h"
#include "libraft/disk/latch.h"

namespace raft {

/// After the first fault of any kind every call fails with that fault. A log file is synced before it is
/// closed (finding F2), files are never appended to again (F3), and LevelDB's own LOG is dropped. A missing
/// file and a lock that another process holds are no faults. Thread: any. Outlives the databases opened
/// with it.
class LatchEnv final : public leveldb::EnvWrapper {
 public:
  /// `target` is not owned.
  explicit LatchEnv(leveldb::Env* target);
  explicit LatchEnv(std::unique_ptr<leveldb::Env> target);
  ~LatchEnv() override;

  /// True once anything failed: the node must stop taking part.
  [[nodiscard]] bool failed() const { return latch_->failed(); }
  /// What failed first, with its file.
  [[nodiscard]] std::optional<Error> first_error() const;

  leveldb::Status NewSequentialFile(const std::string& path, leveldb::SequentialFile** file) override;
  leveldb::Status NewRandomAccessFile(const std::string& path, leveldb::RandomAccessFile** file) override;
  leveldb::Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override;
  leveldb::Status NewAppendableFile(const std::string& path, leveldb::WritableFile** file) override;
  leveldb::Status GetChildren(const std::string& directory, std::vector<std::string>* names) override;
  leveldb::Status GetFileSize(const std::string& path, std::uint64_t* bytes) override;
  leveldb::Status RemoveFile(const std::string& path) override;
  leveldb::Status DeleteFile(const std::string& path) override { return RemoveFile(path); }
  leveldb::Status CreateDir(const std::string& path) override;
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override;
  leveldb::Status NewLogger(const std::string& path, leveldb::Logger** logger) override;

 private:
  template <class Call>
  leveldb::Status guarded(Call call) {
    if (latch_->failed()) return latch_->status();
    return latch_->pass(call());
  }

  const std::unique_ptr<leveldb::Env> owned_;
  const std::shared_ptr<Latch> latch_;  // shared by every file of the env
};

}  // namespace raft
