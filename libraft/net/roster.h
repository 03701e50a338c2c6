// How a node that is no member yet learns who is: one question to a peer address, before any transport runs.
#pragma once

#include <chrono>
#include <string>

#include "libraft/base/result.h"
#include "libraft/net/options.h"

namespace raft {

/// The most a roster may take, in bytes: far more than any cluster's members need.
inline constexpr std::size_t kRosterBytesMax = 1U << 20U;

/// What the member at `endpoint` answers (AsioTransportOptions::roster). Blocks, for `timeout` at most, but
/// for the lookup of a name. Errors: kUnavailable (nobody there, no answer), kCorruption (no peer of our
/// kind), kInvalidArgument (certificates).
Result<std::string> ask_roster(const Endpoint& endpoint, const std::optional<PeerTlsOptions>& tls,
                               std::chrono::milliseconds timeout);

}  // namespace raft
