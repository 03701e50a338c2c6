// The newest applied configuration of the cluster, as a row of the state (FORMAT.md).
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "libraft/base/result.h"
#include "libraft/core/membership.h"

namespace kv {

std::string configuration_key(raft::Index index);
/// Key and value. Requires an index above 0: a state that was never told has no row.
std::pair<std::string, std::string> configuration_row(const raft::Configuration& configuration);
/// kCorruption or, for a version that is not known, kMismatch.
raft::Result<raft::Configuration> decode_configuration(std::string_view key, std::string_view value);

}  // namespace kv
