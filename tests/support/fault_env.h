// An Env in memory whose disk fails, fills and loses power on demand. The posix env's second implementation.
#pragma once

#include <leveldb/env.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "libraft/base/random.h"

namespace raft::testing {

/// What survives of the bytes that were written and not synced when the power goes.
enum class Loss {
  kEverything,  ///< nothing survives
  kSuffix,      ///< a prefix survives, to any byte
  kSectors,     ///< each sector of 512 bytes survives or not, whatever its order; what did not reads as zeros
  kNothing,     ///< all of it survives
  kSectorEnd,   ///< a prefix survives, to the end of a sector
};

/// Bytes survive a power cut when they were synced; creations, renames and removals at once, as the posix env
/// makes them durable. Every call that changes something or opens a file counts as a step. Thread: any.
class FaultEnv final : public leveldb::EnvWrapper {
 public:
  enum class Background {
    kThread,  ///< LevelDB's background work runs on the thread of the default env
    kQueued,  ///< it waits for run_background(), on the caller's thread: one thread, one order
  };

  explicit FaultEnv(Background background = Background::kQueued);
  ~FaultEnv() override;

  // Faults.

  /// The step that many steps from now (0: the next) fails, once, with `message`; an append writes half of
  /// its bytes first.
  void fail_step(std::uint64_t steps_from_now, std::string message = "injected fault");
  /// The read that many reads from now fails, once.
  void fail_read(std::uint64_t reads_from_now);
  [[nodiscard]] std::uint64_t reads() const;
  /// From that step on nothing reaches the disk and every step fails, until power_on().
  void cut_power(std::uint64_t steps_from_now);
  [[nodiscard]] bool power_is_off() const;
  /// The machine starts again with what survived. Everything opened before must have been closed. Log files
  /// get `zeros` bytes of preallocation behind what survived.
  void power_on(Loss loss, Random& random, std::size_t zeros = 0);
  /// Steps taken so far.
  [[nodiscard]] std::uint64_t steps() const;

  // Every moment at which the power could have gone.

  /// One file. Shared by its name and by whoever has it open: it outlives its removal, as on a real disk.
  struct File {
    std::string bytes;
    std::size_t synced = 0;
    bool pages_dropped = false;  ///< a sync failed: what was written before it never becomes durable
  };
  /// The disk just before a step. Files only grow, so a moment is their lengths.
  struct Moment {
    struct Length {
      std::shared_ptr<const File> file;  // the env's; it may go on growing
      std::size_t bytes = 0;
      std::size_t synced = 0;
    };
    std::map<std::string, Length> files;
  };
  /// From now on the moment before each step is kept.
  void record();
  [[nodiscard]] const std::vector<Moment>& moments() const { return moments_; }
  [[nodiscard]] Moment moment() const;
  /// This disk becomes that of the moment, with nothing lost yet: power_on() says what is.
  void become(const Moment& moment);

  // What a test may do to files.

  [[nodiscard]] std::string content(const std::string& path) const;
  void set_content(const std::string& path, std::string content);
  [[nodiscard]] std::vector<std::string> files() const;
  /// All files, to be put back with restore().
  [[nodiscard]] std::map<std::string, std::string> image() const;
  void restore(const std::map<std::string, std::string>& image);

  /// Runs what LevelDB has scheduled until nothing is left. For kQueued; before a database is closed and
  /// after every call to it.
  void run_background();
  [[nodiscard]] bool background_is_due() const;

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
  std::uint64_t NowMicros() override;

  /// For the files of this env.
  leveldb::Status append(File& file, const leveldb::Slice& data, const std::string& path);
  leveldb::Status sync(File& file, const std::string& path);
  leveldb::Status read(const File& file, std::uint64_t offset, std::size_t count, std::string& out) const;

 private:
  struct Work {
    void (*function)(void*);
    void* argument;
  };

  leveldb::Status step(const std::string& path);
  [[nodiscard]] Moment moment_now() const;
  std::shared_ptr<File> find(const std::string& path) const;

  const Background background_;
  mutable std::mutex mutex_;  // guards everything below
  std::map<std::string, std::shared_ptr<File>> files_;
  std::map<std::string, bool> locked_;
  std::deque<Work> queue_;
  std::uint64_t steps_ = 0;
  std::uint64_t clock_micros_ = 0;
  std::optional<std::uint64_t> fail_at_;
  std::string fail_message_;
  mutable std::uint64_t reads_ = 0;
  std::optional<std::uint64_t> fail_read_at_;
  bool recording_ = false;
  std::vector<Moment> moments_;
  std::optional<std::uint64_t> power_off_at_;
  bool power_off_ = false;
};

}  // namespace raft::testing
