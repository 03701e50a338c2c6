// A state that comes from another member, until it is installed.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "libkv/auth/auth_table.h"
#include "libkv/lease/lease_table.h"
#include "libkv/machine/alarms.h"
#include "libkv/machine/machine.h"
#include "libkv/machine/members.h"
#include "libkv/session/session_table.h"
#include "libkv/snapshot/state_sink.h"
#include "libraft/node/snapshot.h"

namespace kv {

/// A store with what the machine keeps in memory beside it.
struct LoadedState {
  std::unique_ptr<Store> store;
  MemberTable members;
  LeaseTable leases;
  AlarmTable alarms;
  SessionTable sessions;
  AuthTable auth;
  raft::Configuration configuration;
  std::uint32_t command_version = kBaseVersion;
};

/// The machine's tables of an open store. The first damage is kCorruption.
raft::Result<LoadedState> load_state(std::unique_ptr<Store> store, const SessionLimits& sessions);

/// The machine on that state.
std::unique_ptr<Machine> make_machine(const MachineOptions& options, LoadedState state);

class ReceivedState final : public raft::SnapshotSink {
 public:
  /// `last`: the entry that the sender names; a snapshot of another one is kMismatch.
  ReceivedState(StateSinkOptions options, raft::Index last, const SessionLimits& sessions)
      : sink_(std::move(options)), last_(last), sessions_(sessions) {}

  [[nodiscard]] raft::Result<void> write(std::string_view bytes) override { return sink_.write(bytes); }
  [[nodiscard]] raft::Result<raft::SnapshotInfo> finish() override;

  /// The finished state, once.
  [[nodiscard]] raft::Result<LoadedState> take() { return load_state(sink_.take(), sessions_); }
  [[nodiscard]] const Store* store() const { return sink_.store(); }

 private:
  StateSink sink_;
  const raft::Index last_;
  const SessionLimits sessions_;
};

}  // namespace kv
