// Bytes in JSON: base64 as Go reads it (libraft/base/base64.h writes it).
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace kv::gateway {

/// Of the standard alphabet or the one for URLs, padded; line ends are passed over. The error is the place of
/// the first byte that is wrong.
std::expected<std::string, std::size_t> decode_base64(std::string_view text);

}  // namespace kv::gateway
