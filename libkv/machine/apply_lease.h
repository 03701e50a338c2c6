// Leases: granted, revoked, run out.
#pragma once

#include <expected>

#include "libkv/lease/leases.h"
#include "libkv/machine/command.h"
#include "libkv/machine/outcome.h"
#include "libkv/mvcc/store.h"

namespace kv {

/// The table as the rows and the keys of the store have it.
raft::Result<LeaseTable> load_leases(const Store& store);

/// Contract section 4. A refusal has changed nothing.
std::expected<LeaseGrantResult, ReadFault> apply_grant(Store& store, Leases& leases, const LeaseGrantOp& op);
std::expected<LeaseRevokeResult, ReadFault> apply_revoke(Store& store, Leases& leases,
                                                         const LeaseRevokeOp& op);
/// `term`: of the entry that holds the command.
std::expected<LeaseRevokeResult, ReadFault> apply_expire(Store& store, Leases& leases,
                                                         const LeaseExpireOp& op, raft::Term term);
LeaseCheckpointResult apply_checkpoint(Store& store, Leases& leases, const LeaseCheckpointOp& op,
                                       raft::Term term);

/// Takes over what the requests since the last call did to the leases of keys.
void follow_lease_moves(Store& store, Leases& leases);

}  // namespace kv
