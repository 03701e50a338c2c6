// One thread: LevelDB's background work is done where LevelDB would wait for it.
#pragma once

#include "tests/support/fault_env.h"

namespace crash {

/// While it lives, a wait inside LevelDB does this disk's background work. One at a time. Thread: one.
class Waits {
 public:
  explicit Waits(raft::testing::FaultEnv& disk);
  ~Waits();
  Waits(const Waits&) = delete;
  Waits& operator=(const Waits&) = delete;

 private:
  raft::testing::FaultEnv* const before_;
};

}  // namespace crash
