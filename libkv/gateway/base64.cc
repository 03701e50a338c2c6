#include "libkv/gateway/base64.h"

#include <array>
#include <cstdint>

namespace kv::gateway {
namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoLetter = 0xff;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoLetter);
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    values[static_cast<unsigned char>(kLetters[i])] = static_cast<std::uint8_t>(i);
  }
  values['-'] = values['+'];
  values['_'] = values['/'];
  return values;
}
constexpr auto kValues = make_values();

}  // namespace

std::expected<std::string, std::size_t> decode_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  std::size_t letters = 0;  // of the group of four
  std::size_t padding = 0;
  std::size_t group = 0;  // where it begins
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n' || c == '\r') continue;
    if (letters == 0 && padding == 0) group = i;
    if (c == '=' && letters + padding < 4 && letters >= 2) {
      ++padding;
      continue;
    }
    const std::uint8_t value = kValues[static_cast<unsigned char>(c)];
    if (padding > 0) return std::unexpected(i - 1);
    if (value == kNoLetter) return std::unexpected(i);
    bits = (bits << 6U) | value;
    if (++letters < 4) continue;
    for (const unsigned shift : {16U, 8U, 0U}) out += static_cast<char>(bits >> shift);
    letters = 0;
    bits = 0;
  }
  if (letters == 0 && padding == 0) return out;
  if (letters + padding != 4) return std::unexpected(group);
  bits <<= 6U * padding;
  for (std::size_t k = 0; k + padding < 3; ++k) out += static_cast<char>(bits >> (16 - 8 * k));
  return out;
}

}  // namespace kv::gateway
