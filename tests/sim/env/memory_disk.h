// A disk in memory that fails, fills up and loses power on demand, as an Env for LevelDB.
#pragma once

#include <leveldb/env.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/world/dice.h"

namespace sim {

/// How one call of the disk goes wrong.
enum class DiskFault {
  kWriteError,  ///< EIO; of an append half its bytes are there
  kFull,        ///< ENOSPC; of an append half its bytes are there
  kSyncLost,    ///< the sync fails and the kernel forgets what it should have written
};

/// Bytes are durable once synced; creations, renames and removals at once, as the posix env makes them. Every
/// call that changes something counts as a step, and so does opening a file. Thread: one.
class MemoryDisk final : public leveldb::EnvWrapper {
 public:
  MemoryDisk();
  ~MemoryDisk() override;

  /// The power goes at that step, counted from now (0: the next one); half done as it may be.
  void cut_power_after(std::uint64_t steps) { power_off_at_ = steps_ + steps; }
  [[nodiscard]] bool power_is_off() const { return power_off_; }
  /// The first step of the fault's kind from there on fails, once.
  void fail_after(std::uint64_t steps, DiskFault fault);
  /// That many steps from now a read fails, once.
  void fail_read_after(std::uint64_t steps) { fail_read_at_ = reads_ + steps; }
  [[nodiscard]] bool fault_happened() const { return fault_happened_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

  /// The machine stopped and starts again with what survived; every file was closed. True when something was
  /// lost. No fault is due any more.
  bool restart(Dice& dice);
  /// Only the process stopped: what was not synced is still in the page cache, for the next power cut.
  void restart_process();

  leveldb::Status NewSequentialFile(const std::string& path, leveldb::SequentialFile** file) override;
  leveldb::Status NewRandomAccessFile(const std::string& path, leveldb::RandomAccessFile** file) override;
  leveldb::Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override;
  leveldb::Status NewAppendableFile(const std::string& path, leveldb::WritableFile** file) override;
  bool FileExists(const std::string& path) override { return files_.contains(path); }
  leveldb::Status GetChildren(const std::string& directory, std::vector<std::string>* names) override;
  leveldb::Status GetFileSize(const std::string& path, std::uint64_t* bytes) override;
  leveldb::Status RemoveFile(const std::string& path) override;
  leveldb::Status DeleteFile(const std::string& path) override { return RemoveFile(path); }
  leveldb::Status CreateDir(const std::string& path) override { return step(path, Kind::kOther); }
  leveldb::Status RemoveDir(const std::string& path) override { return step(path, Kind::kOther); }
  leveldb::Status DeleteDir(const std::string& path) override { return RemoveDir(path); }
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override;
  leveldb::Status LockFile(const std::string& path, leveldb::FileLock** lock) override;
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override;
  leveldb::Status NewLogger(const std::string& path, leveldb::Logger** logger) override;
  void Schedule(void (*function)(void*), void* argument) override;
  std::uint64_t NowMicros() override { return ++clock_micros_; }
  void SleepForMicroseconds(int /*micros*/) override {}

  /// Shared by its name and by whoever has it open: it outlives its removal, as on a real disk.
  struct File {
    std::string bytes;
    std::size_t synced = 0;
  };
  leveldb::Status append(File& file, const leveldb::Slice& data, const std::string& path);
  leveldb::Status sync(File& file, const std::string& path);
  leveldb::Status read(const File& file, std::uint64_t offset, std::size_t count, leveldb::Slice& out) const;

 private:
  enum class Kind { kAppend, kSync, kOther };

  leveldb::Status step(const std::string& path, Kind kind);

  std::map<std::string, std::shared_ptr<File>> files_;
  std::map<std::string, bool> locked_;
  std::uint64_t steps_ = 0;
  mutable std::uint64_t reads_ = 0;
  std::uint64_t clock_micros_ = 0;
  std::optional<std::uint64_t> power_off_at_;
  std::optional<std::uint64_t> fail_at_;
  std::optional<std::uint64_t> fail_read_at_;
  DiskFault fault_ = DiskFault::kWriteError;
  mutable bool fault_happened_ = false;
  bool power_off_ = false;
};

}  // namespace sim
