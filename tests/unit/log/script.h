// A log on a disk that fails, and what it must hold.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "libraft/disk/latch_env.h"
#include "libraft/log/log_store.h"
#include "tests/support/fault_env.h"

namespace raft::testing {

inline const std::string kLogPath = "/data/wal";

Entry entry(std::uint64_t index, std::uint64_t term, std::string payload,
            EntryType type = EntryType::kCommand);

/// What a log is asked to do.
using Step = std::variant<LogBatch, EntryId>;  // an append, or a truncate_prefix

/// What a log holds, kept in the simplest way.
struct Model {
  HardState hard_state;
  EntryId base;
  std::map<Index, Entry> entries;

  void apply(const Step& step);
  [[nodiscard]] Index last() const { return entries.empty() ? base.index : entries.rbegin()->first; }
};

/// Empty when `store` holds exactly `model`, else the first difference.
std::string difference(const LogStore& store, const Model& model);

/// A log on a faulty disk, behind the latch, as a node has it.
class LogOnDisk {
 public:
  explicit LogOnDisk(FaultEnv& disk) : disk_(disk) {}
  ~LogOnDisk() { close(); }
  LogOnDisk(const LogOnDisk&) = delete;
  LogOnDisk& operator=(const LogOnDisk&) = delete;

  /// The smallest buffer that LevelDB takes, so that logs rotate.
  Result<void> open();
  void close();
  Result<void> run(const Step& step);

  [[nodiscard]] LogStore& store() { return *store_; }
  [[nodiscard]] bool is_open() const { return store_ != nullptr; }
  /// The latch of this life or of one before it saw a fault.
  [[nodiscard]] bool failed() const { return failed_before_ || (env_ != nullptr && env_->failed()); }

 private:
  FaultEnv& disk_;
  std::unique_ptr<LatchEnv> env_;
  std::unique_ptr<LogStore> store_;
  bool failed_before_ = false;
};

/// Appends, votes, replaced suffixes and truncations, with enough bytes to rotate log files.
std::vector<Step> make_script(std::uint64_t seed, int steps, std::size_t payload_bytes_max);

}  // namespace raft::testing
