// A Txn from the log (contract section 2.5).
#pragma once

#include <expected>

#include "libkv/lease/lease_table.h"
#include "libkv/machine/command.h"
#include "libkv/machine/outcome.h"
#include "libkv/mvcc/store.h"

namespace kv {

/// Decides everything on the state before it, then executes one path. A refusal has changed nothing.
std::expected<TxnResult, ReadFault> apply_txn(Store& store, const LeaseTable& leases, TxnOp&& txn);

}  // namespace kv
