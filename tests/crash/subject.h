// A database under test: what is done to it, and what must be there afterwards.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/fault_env.h"

namespace crash {

using raft::testing::FaultEnv;

/// States have numbers that only grow: the step of a log's workload, the entry that a machine applied.
struct Progress {
  std::uint64_t durable = 0;   ///< was acknowledged as durable
  std::uint64_t asked = 0;     ///< the newest that may be there
  std::uint64_t log_base = 0;  ///< for a machine: where its log begins
};

/// What was promised after how many steps of the disk.
class Promises {
 public:
  explicit Promises(const FaultEnv& disk) : disk_(disk) {}

  void now(const Progress& progress) { made_.emplace_back(disk_.steps(), progress); }
  /// In force just before that step.
  [[nodiscard]] Progress before(std::uint64_t step) const;
  [[nodiscard]] Progress last() const { return made_.empty() ? Progress() : made_.back().second; }

 private:
  const FaultEnv& disk_;
  std::vector<std::pair<std::uint64_t, Progress>> made_;
};

struct Found {
  std::string fault;  ///< empty: what had to be there is there, and nothing else
  std::uint64_t state = 0;
  bool refused = false;  ///< the fault is that it did not open
};

class Subject {
 public:
  enum class Depth { kOpen, kWorkOn };

  virtual ~Subject() = default;

  /// The workload, from an empty disk to its end or the first error. After an error everything must be
  /// refused; the text says what was not.
  virtual std::string run(FaultEnv& disk, Promises& promises) = 0;
  /// Opens what the disk holds, as the next process does, and compares it with every state that may be
  /// there. kWorkOn: goes on with the workload, opens again and compares once more.
  virtual Found recover(FaultEnv& disk, const Progress& progress, Depth depth) = 0;
};

}  // namespace crash
