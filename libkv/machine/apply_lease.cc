#include "libkv/machine/apply_lease.h"

#include "libkv/lease/lease_row.h"
#include "libkv/mvcc/fault.h"
#include "libkv/mvcc/record.h"
#include "libraft/base/check.h"
#include "libraft/base/mutant.h"

namespace kv {
namespace {

/// The lease and everything that hangs on it, in one revision; the keys go in ascending order.
void end_lease(Store& store, Leases& leases, std::int64_t id) {
  store.begin_request();
  for (const std::string& key : leases.table().keys_of(id)) store.delete_range(key, {});
  store.end_request();
  leases.change([id](LeaseTable& table) { table.remove(id); });
  store.remove_row(lease_key(id));
}

}  // namespace

raft::Result<LeaseTable> load_leases(const Store& store) {
  LeaseTable table;
  ASSIGN_OR_RETURN(const auto rows, store.rows(kLeasePrefix));
  for (const auto& [key, value] : rows) {
    ASSIGN_OR_RETURN(const LeaseInfo lease, decode_lease(key, value));
    RAFT_CHECK(table.add(lease));  // no two rows have one key
  }
  store.visit_leased([&](std::string_view key, std::int64_t lease) { table.attach(lease, key); });
  return table;
}

std::expected<LeaseGrantResult, ReadFault> apply_grant(Store& store, Leases& leases, const LeaseGrantOp& op) {
  const LeaseInfo lease{.id = op.lease, .ttl = op.ttl};
  if (!leases.change([&](LeaseTable& table) { return table.add(lease); })) {
    return refuse(KvError::kLeaseExists);
  }
  const auto [key, value] = lease_row(lease);
  store.put_row(key, value);
  return LeaseGrantResult{.lease = op.lease, .ttl = op.ttl};
}

std::expected<LeaseRevokeResult, ReadFault> apply_revoke(Store& store, Leases& leases,
                                                         const LeaseRevokeOp& op) {
  if (!leases.table().exists(op.lease)) return refuse(KvError::kLeaseNotFound);
  end_lease(store, leases, op.lease);
  return LeaseRevokeResult{.lease = op.lease};
}

std::expected<LeaseRevokeResult, ReadFault> apply_expire(Store& store, Leases& leases,
                                                         const LeaseExpireOp& op, raft::Term term) {
  const bool stale = op.term != term && !RAFT_MUTANT(kLeaseExpiresInAnyTerm);
  if (stale || !leases.table().exists(op.lease)) return refuse(KvError::kLeaseNotFound);
  end_lease(store, leases, op.lease);
  return LeaseRevokeResult{.lease = op.lease, .expired = true};
}

LeaseCheckpointResult apply_checkpoint(Store& store, Leases& leases, const LeaseCheckpointOp& op,
                                       raft::Term term) {
  LeaseCheckpointResult result;
  if (op.term != term) return result;
  for (const LeaseRemaining& one : op.leases) {
    if (!leases.change([&](LeaseTable& table) { return table.set_remaining(one.lease, one.seconds); })) {
      continue;
    }
    const auto [key, value] = lease_row(*leases.table().find(one.lease));
    store.put_row(key, value);
    result.leases.push_back(one);
  }
  return result;
}

void follow_lease_moves(Store& store, Leases& leases) {
  const std::vector<LeaseMove> moves = store.take_lease_moves();
  if (moves.empty()) return;
  leases.change([&moves](LeaseTable& table) {
    for (const LeaseMove& move : moves) {
      if (move.from != 0) table.detach(move.from, move.key);
      if (move.to != 0) table.attach(move.to, move.key);
    }
  });
}

}  // namespace kv
