#include "libkv/machine/received_state.h"

#include "libkv/machine/apply_auth.h"
#include "libkv/machine/apply_lease.h"
#include "libkv/machine/apply_session.h"
#include "libkv/mvcc/configuration_row.h"
#include "libkv/mvcc/frozen_rows.h"
#include "libkv/mvcc/record.h"

namespace kv {
namespace {

/// A state from before there were versions has no such row.
raft::Result<std::uint32_t> load_command_version(const Store& store) {
  ASSIGN_OR_RETURN(const auto rows, store.rows(kCommandVersionKey));
  if (rows.empty()) return kBaseVersion;
  return decode_command_version(rows.front().second);
}

}  // namespace

raft::Result<LoadedState> load_state(std::unique_ptr<Store> store, const SessionLimits& limits) {
  ASSIGN_OR_RETURN(const auto member_rows, store->rows(kMemberPrefix));
  ASSIGN_OR_RETURN(MemberTable members, MemberTable::from_rows(member_rows));
  ASSIGN_OR_RETURN(const auto alarm_rows, store->rows(kAlarmPrefix));
  ASSIGN_OR_RETURN(AlarmTable alarms, AlarmTable::from_rows(alarm_rows));
  ASSIGN_OR_RETURN(const auto configurations, store->rows(kConfigurationPrefix));
  raft::Configuration configuration;
  if (!configurations.empty()) {
    const auto& [key, value] = configurations.back();
    ASSIGN_OR_RETURN(configuration, decode_configuration(key, value));
  }
  ASSIGN_OR_RETURN(LeaseTable leases, load_leases(*store));
  ASSIGN_OR_RETURN(SessionTable sessions, load_sessions(*store, limits));
  ASSIGN_OR_RETURN(AuthTable auth, load_auth(*store));
  ASSIGN_OR_RETURN(const std::uint32_t version, load_command_version(*store));
  return LoadedState{std::move(store),    std::move(members), std::move(leases),        std::move(alarms),
                     std::move(sessions), std::move(auth),    std::move(configuration), version};
}

raft::Result<raft::SnapshotInfo> ReceivedState::finish() {
  ASSIGN_OR_RETURN(const SnapshotHeader header, sink_.finish());
  if (header.last.index != last_) {
    return raft::fail(raft::ErrorCode::kMismatch, "the snapshot",
                      "covers entry " + std::to_string(header.last.index.value()) + ", announced was " +
                          std::to_string(last_.value()));
  }
  ASSIGN_OR_RETURN(const auto rows, sink_.store()->rows(kMemberPrefix));
  auto members = MemberTable::from_rows(rows);
  if (!members) return raft::fail(std::move(members.error()));
  return raft::SnapshotInfo{.last = header.last, .configuration = header.configuration};
}

}  // namespace kv
