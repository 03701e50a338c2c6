// Puts and deletes: as requests of their own, and as steps of a Txn.
#pragma once

#include <expected>

#include "libkv/lease/lease_table.h"
#include "libkv/machine/command.h"
#include "libkv/machine/outcome.h"
#include "libkv/mvcc/store.h"

namespace kv {

/// Requests of their own (contract sections 2.3, 2.4). A refusal has changed nothing.
std::expected<PutResult, ReadFault> apply_put(Store& store, const LeaseTable& leases, PutOp&& op);
std::expected<DeleteRangeResult, ReadFault> apply_delete_range(Store& store, const DeleteRangeOp& op);

/// Steps inside a request. Require what the checks in front of it establish: the lease exists, and so does
/// the key that ignore_value or ignore_lease needs.
std::expected<PutResult, ReadFault> put_step(Store& store, PutOp&& op);
std::expected<DeleteRangeResult, ReadFault> delete_range_step(Store& store, const DeleteRangeOp& op);

}  // namespace kv
