// Base64 (RFC 4648 section 4), for metadata whose names end in "-bin".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kv::rpc {

/// Without padding, as gRPC asks senders to.
std::string base64_encode(std::string_view bytes);

/// With or without padding; nothing when it is neither.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace kv::rpc
