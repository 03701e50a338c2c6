// The row of a lease in the state (libkv/mvcc/FORMAT.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "libkv/lease/lease_table.h"
#include "libraft/base/result.h"

namespace kv {

std::string lease_key(std::int64_t id);
/// Key and value.
std::pair<std::string, std::string> lease_row(const LeaseInfo& lease);
/// kCorruption or, for a version that is not known, kMismatch.
raft::Result<LeaseInfo> decode_lease(std::string_view key, std::string_view value);

}  // namespace kv
