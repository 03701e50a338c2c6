// What libraft/net is told, from the configuration.
#pragma once

#include <optional>

#include "libkv/machine/member_info.h"
#include "libraft/base/result.h"
#include "libraft/net/options.h"
#include "tools/kvd/config.h"

namespace tools::kvd {

/// Nothing when the members speak plain TCP to each other.
std::optional<raft::PeerTlsOptions> peer_tls_of(const Config& config);

/// Where that member listens for its peers. kInvalidArgument for a URL that is none.
raft::Result<raft::PeerAddress> address_of(const kv::MemberInfo& member);

}  // namespace tools::kvd
