// Members as they are named on the command line and printed.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/common/outcome.h"
#include "tools/kvctl/settings.h"

namespace tools::kvctl {

/// As etcd writes ids: hexadecimal, lower case, not padded.
std::string member_text(std::uint64_t id);

/// Failure: kExitUsage, unless `text` is a hexadecimal number of at most 64 bits.
Outcome<std::uint64_t> parse_member(const std::string& text);

Outcome<void> print_members(std::ostream& out, Format format,
                            const etcdserverpb::MemberListResponse& response);

/// A change of members that was done: "Member … `what` … cluster …" in the simple format.
struct MemberChange {
  const google::protobuf::Message& response;
  const etcdserverpb::ResponseHeader& header;
  std::uint64_t member = 0;
  std::string_view what;  ///< e.g. "removed from"
};
Outcome<void> print(std::ostream& out, Format format, const MemberChange& change);

/// What the new member's server is to be started with, as lines for a shell or an environment file.
/// `peer_urls`: as it was given.
std::string start_settings(const etcdserverpb::MemberAddResponse& response, const std::string& name,
                           const std::string& peer_urls);

/// The command that makes a server of ours that member, as a comment among those lines.
std::string join_command(const etcdserverpb::MemberAddResponse& response, const std::string& name);

}  // namespace tools::kvctl
