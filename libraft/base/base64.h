// Base64 (RFC 4648): bytes as text that passes through headers, JSON and shells.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace raft {

enum class Base64 : std::uint8_t {
  kStandard,  ///< section 4, padded with '='
  kBare,      ///< the same without padding, as gRPC asks senders to
  kUrl,       ///< section 5, without padding: needs no quoting in a shell or a URL
};

std::string base64_encode(std::string_view bytes, Base64 form = Base64::kStandard);

/// With or without padding, of the alphabet of `form`. Nothing when it is not what an encoder writes: other
/// letters, padding in other places, bits behind the last byte.
std::optional<std::string> base64_decode(std::string_view text, Base64 form = Base64::kStandard);

}  // namespace raft
