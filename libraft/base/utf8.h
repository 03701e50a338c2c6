// Whether bytes are text.
#pragma once

#include <cstddef>
#include <string_view>

namespace raft {

/// The length of the well-formed UTF-8 sequence at the front of `bytes`; 0 when there is none. RFC 3629: no
/// overlong forms, no surrogates, nothing above U+10FFFF.
std::size_t utf8_length(std::string_view bytes);

/// True when `bytes` are nothing but such sequences.
bool is_utf8(std::string_view bytes);

}  // namespace raft
