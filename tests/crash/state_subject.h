// The applied state under test.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/crash/state_script.h"
#include "tests/crash/subject.h"

namespace crash {

/// Where the state lies, with the smallest buffers, so that log files rotate.
kv::MachineOptions state_options(leveldb::Env& env, raft::Index log_base);

/// All that can be read of a state: keys with their history, members, leases, configuration.
std::string everything(const kv::Machine& machine);

/// State n: entry n is applied.
class StateSubject final : public Subject {
 public:
  /// Runs the script once on a disk without faults, and holds it against the script's model.
  StateSubject(std::uint64_t seed, int steps, std::size_t value_bytes_max);

  /// Empty, or where the run without faults and the model differ.
  [[nodiscard]] const std::string& model_differs() const { return model_differs_; }

  std::string run(FaultEnv& disk, Promises& promises) override;
  Found recover(FaultEnv& disk, const Progress& progress, Depth depth) override;

 private:
  void learn(const kv::Machine& machine);
  raft::Result<void> take(kv::Machine& machine, const StateStep& step, Progress& progress,
                          Promises& promises) const;
  raft::Result<void> install(kv::Machine& machine, raft::Index last, Progress& progress,
                             Promises& promises) const;
  std::string work_on(kv::Machine& machine, std::uint64_t from) const;
  std::string compare(const kv::Machine& machine, std::uint64_t state) const;

  StateScript script_;
  std::map<std::uint64_t, std::uint64_t> states_;  ///< checksums of everything()
  std::map<raft::Index, std::string> snapshots_;   ///< those that are installed
  std::string model_differs_;
};

}  // namespace crash
