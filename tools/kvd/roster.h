// Who is in the cluster and which of them this is, before anything is opened (contract section 7.5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libkv/machine/member_info.h"
#include "libraft/base/result.h"
#include "libraft/core/types.h"
#include "tools/kvd/config.h"

namespace tools::kvd {

struct Roster {
  std::uint64_t cluster = 0;
  raft::NodeId self;
  /// Those known so far, for their addresses. Of a founding member: what its new state begins with.
  std::vector<kv::MemberInfo> members;
  /// This member is one of the first: the cluster begins with `members`. Otherwise it has nothing until it is
  /// sent a state.
  bool founding = false;
};

/// The bytes that ask_roster (libraft/net/roster.h) brings: cluster and members.
std::string encode_roster(std::uint64_t cluster, const std::vector<kv::MemberInfo>& members);
/// kCorruption, kMismatch for a newer format. `self` and `founding` are not in it.
raft::Result<Roster> decode_roster(std::string_view bytes);

/// What the first of the others in --initial-cluster that answers says of the cluster. kUnavailable when none
/// does.
raft::Result<Roster> ask_others(const Config& config);

/// A directory that is in use says who this is. Otherwise the settings do: of a new cluster the first
/// members, of an existing one the member that was added with this one's peer URLs, as its peers tell. Asks
/// peers, for at most a few seconds. kMismatch when this member has been started before: then its data is
/// elsewhere or lost, and without it it could vote twice.
raft::Result<Roster> find_roster(const Config& config);

}  // namespace tools::kvd
