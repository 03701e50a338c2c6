// What `kvctl member add` hands to `kvd join`: which member of which cluster the new server is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libraft/base/result.h"

namespace tools {

/// A longer text is no token.
inline constexpr std::size_t kJoinTokenBytesMax = 16U << 10U;

/// A ticket, not a secret: the member was added by someone who may, and it opens nothing that reaching the
/// peers' port does not. Where that is not enough, the peers ask for certificates.
struct JoinToken {
  std::uint64_t cluster = 0;
  std::uint64_t member = 0;
  std::string name;
  /// Where the others reach it, as it was added.
  std::vector<std::string> peer_urls;

  bool operator==(const JoinToken&) const = default;
};

/// Letters, digits, '.', '-' and '_': needs no quoting in a shell. "kvd1." and base64url (RFC 4648 section 5)
/// of format, cluster, member, name, URLs and a checksum.
std::string encode_join_token(const JoinToken& token);

/// kMismatch for a token of a newer format, kInvalidArgument for what is none or was not copied whole.
raft::Result<JoinToken> decode_join_token(std::string_view text);

}  // namespace tools
