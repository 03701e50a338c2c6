// Bytes in JSON: base64 as Go writes and reads it.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace kv::gateway {

/// The standard alphabet, padded.
std::string encode_base64(std::string_view bytes);

/// Of the standard alphabet or the one for URLs, padded; line ends are passed over. The error is the place of
/// the first byte that is wrong.
std::expected<std::string, std::size_t> decode_base64(std::string_view text);

}  // namespace kv::gateway
