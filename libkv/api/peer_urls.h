// The peer URLs of a member that is added or updated.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace kv::api {

/// The URLs, trimmed, in the order given: http or https, a host, a port and nothing else, each; at least one.
/// Nothing when one is not so (contract section 7.4; unlike etcd's, peers do not meet on Unix sockets).
std::optional<std::vector<std::string>> read_peer_urls(const std::vector<std::string>& texts);

}  // namespace kv::api
