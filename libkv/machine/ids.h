// Ids of members and clusters, computed as etcd does (contract section 7.5).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kv {

/// Of a first member, so that every one of them computes the same: the first eight bytes, big-endian, of
/// SHA-1 over the sorted peer URLs and the cluster's token.
std::uint64_t member_id(std::vector<std::string> peer_urls, const std::string& token);

/// Of a member that is added: with the decimal Unix time for a token, so that members that come and go at the
/// same URLs differ.
std::uint64_t member_id(std::vector<std::string> peer_urls, std::int64_t unix_seconds);

/// The same head of SHA-1 over the first members' ids, sorted.
std::uint64_t cluster_id(std::vector<std::uint64_t> member_ids);

}  // namespace kv
