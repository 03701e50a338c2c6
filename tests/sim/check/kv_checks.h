// The state machines, held against each other and against the model: the same entries in the same order, the
// same outcomes, the same state.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libkv/machine/machine.h"
#include "tests/sim/check/auth_model.h"
#include "tests/sim/check/lease_checks.h"
#include "tests/sim/check/model.h"
#include "tests/sim/check/session_model.h"
#include "tests/sim/check/verdict.h"
#include "tests/sim/world/event_queue.h"

namespace sim {

/// What the log says became of one client operation.
struct Fate {
  raft::Index index;
  Micros first_applied = 0;
  kv::Outcome outcome;
};

/// Thread: one.
class KvChecks {
 public:
  KvChecks(Verdict& verdict, const EventQueue& queue, const kv::SessionLimits& sessions);

  /// `node` has applied these entries; `outcomes`: of the commands among them.
  void applied(raft::NodeId node, std::span<const raft::Entry> entries,
               std::span<const kv::Applied> outcomes);
  /// `node` stands there with that state: after a start, after an install, at the end.
  void stands(raft::NodeId node, raft::EntryId applied, const kv::ReadView& view);
  /// What members compare among themselves: `node` says that its state is that one.
  void points(raft::NodeId node, std::span<const kv::StatePoint> points);
  /// A read at the newest revision of `view`, or at an older one, gave `result`.
  void read(raft::NodeId node, const std::string& key, const std::string& range_end, std::int64_t revision,
            const kv::RangeResult& result);

  /// Nothing: not in any log that was applied so far.
  [[nodiscard]] const Fate* fate_of(std::uint64_t operation) const;
  [[nodiscard]] LeaseChecks& leases() { return leases_; }
  [[nodiscard]] const Model& model() const { return model_; }
  [[nodiscard]] raft::Index applied_anywhere() const { return raft::Index(entries_.size() - 1); }

 private:
  struct AppliedEntry {
    std::uint64_t fingerprint = 0;  // of the entry and its outcome
    std::uint64_t entry = 0;        // of the entry alone
    std::int64_t revision = 1;      // of the store after it
  };

  /// What an entry must give; nothing for what is not modelled.
  std::optional<kv::Outcome> expect(const raft::Entry& entry);
  void first_time(raft::NodeId node, const raft::Entry& entry, const kv::Applied* outcome,
                  AppliedEntry record);
  void fail(raft::NodeId node, const std::string& what);

  Verdict& verdict_;
  const EventQueue& queue_;
  Model model_;
  SessionModel sessions_;
  AuthModel auth_{[this](std::int64_t lease) { return model_.keys_of(lease); }};
  LeaseChecks leases_;
  std::vector<AppliedEntry> entries_;  // by index
  std::map<std::uint64_t, Fate> fates_;
  std::map<raft::Index, std::uint64_t> hashes_;  // of the states that were told of
};

}  // namespace sim
