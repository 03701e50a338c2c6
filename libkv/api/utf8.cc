#include "libkv/api/utf8.h"

#include <cstdint>

namespace kv::api {
namespace {

/// Bytes of the sequence that `lead` starts; 0 when it starts none.
int sequence_length(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

/// The second byte's range rules out overlong forms, surrogates and what is beyond Unicode.
bool second_fits(std::uint8_t lead, std::uint8_t second) {
  if (lead == 0xe0) return second >= 0xa0;
  if (lead == 0xed) return second <= 0x9f;
  if (lead == 0xf0) return second >= 0x90;
  if (lead == 0xf4) return second <= 0x8f;
  return true;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto lead = static_cast<std::uint8_t>(text[0]);
    const int length = sequence_length(lead);
    if (length == 0 || text.size() < static_cast<std::size_t>(length)) return false;
    for (int i = 1; i < length; ++i) {
      const auto byte = static_cast<std::uint8_t>(text[static_cast<std::size_t>(i)]);
      if ((byte & 0xc0U) != 0x80U || (i == 1 && !second_fits(lead, byte))) return false;
    }
    text.remove_prefix(static_cast<std::size_t>(length));
  }
  return true;
}

}  // namespace kv::api
