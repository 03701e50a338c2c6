// The raft log under test.
#pragma once

#include <vector>

#include "tests/crash/subject.h"
#include "tests/unit/log/script.h"

namespace crash {

/// A script of appends, votes, replaced suffixes, truncations and installed bases. State n: after n steps.
class LogSubject final : public Subject {
 public:
  LogSubject(std::uint64_t seed, int steps, std::size_t payload_bytes_max);

  std::string run(FaultEnv& disk, Promises& promises) override;
  Found recover(FaultEnv& disk, const Progress& progress, Depth depth) override;

 private:
  std::string work_on(FaultEnv& disk, std::uint64_t from) const;

  std::vector<raft::testing::Step> script_;
  std::vector<raft::testing::Model> models_;  ///< models_[n]: state n
};

}  // namespace crash
