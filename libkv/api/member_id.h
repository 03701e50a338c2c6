// The id of a member that is added, computed as etcd does (contract section 7.5).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kv::api {

/// The first eight bytes, big-endian, of SHA-1 over the sorted peer URLs and the decimal Unix time, so that
/// members that come and go at the same URLs differ.
std::uint64_t new_member_id(std::vector<std::string> peer_urls, std::int64_t unix_seconds);

}  // namespace kv::api
