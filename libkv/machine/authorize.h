// Whether a user may do what an operation asks for (contract section 9.3): the one place that knows which
// permissions each needs. Asked when a command is applied, and by the API for reads.
#pragma once

#include <optional>

#include "libkv/auth/auth_table.h"
#include "libkv/lease/lease_table.h"
#include "libkv/machine/command.h"
#include "libkv/mvcc/range.h"

namespace kv {

// Each gives the reason for which it may not; nothing while authentication is off. They do not ask whether
// the principal is admitted (AuthTable::admit), but for authorize.

std::optional<KvError> may_range(const AuthTable& table, const Principal& principal, const RangeOp& op);
/// Every key that hangs on the lease must be writable as well: what the put renews or ends, others lose.
std::optional<KvError> may_put(const AuthTable& table, const Principal& principal, const PutOp& op,
                               const LeaseTable& leases);
std::optional<KvError> may_delete(const AuthTable& table, const Principal& principal,
                                  const DeleteRangeOp& op);
/// Compares and both branches, however deep.
std::optional<KvError> may_txn(const AuthTable& table, const Principal& principal, const TxnOp& op,
                               const LeaseTable& leases);
/// To revoke a lease and to keep it alive: all its keys must be writable.
std::optional<KvError> may_change_lease(const AuthTable& table, const Principal& principal,
                                        std::int64_t lease, const LeaseTable& leases);
/// To see the keys of a lease: all of them must be readable.
std::optional<KvError> may_list_lease(const AuthTable& table, const Principal& principal, std::int64_t lease,
                                      const LeaseTable& leases);

/// The whole check of a command, when it is applied. Without a principal only what members do among
/// themselves passes.
std::optional<KvError> authorize(const AuthTable& table, const LeaseTable& leases,
                                 const std::optional<Principal>& principal, const Operation& operation);

}  // namespace kv
