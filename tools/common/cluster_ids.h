// Member and cluster ids, computed as etcd does (contract section 7.5), so that every first member computes
// the same.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tools {

/// The first eight bytes, big-endian, of SHA-1 over the sorted peer URLs and the cluster token.
std::uint64_t member_id(std::vector<std::string> peer_urls, const std::string& token);

/// The same over the first members' ids, sorted.
std::uint64_t cluster_id(std::vector<std::uint64_t> member_ids);

}  // namespace tools
