// Who a restored data directory belongs to, from the options of a restore.
#pragma once

#include <cstdint>
#include <vector>

#include "libkv/machine/member_info.h"
#include "libraft/core/membership.h"
#include "tools/common/identity.h"
#include "tools/common/options.h"
#include "tools/common/outcome.h"

namespace tools::kvsnap {

/// The first members of the new cluster and which of them this is; ids as kvd computes them.
struct NewMember {
  Identity identity;
  std::vector<kv::MemberInfo> members;  ///< ascending by id
  raft::Membership membership;          ///< all of them vote
};

/// --name, --initial-cluster, --initial-cluster-token, --initial-advertise-peer-urls. Every member of the
/// cluster must be given the same but for its name and URLs. Failure: 64.
Outcome<NewMember> new_member(const Parsed& parsed);

}  // namespace tools::kvsnap
