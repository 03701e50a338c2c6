#include "libkv/rpc/timeout.h"

#include <algorithm>
#include <cstdint>

namespace kv::rpc {
namespace {

constexpr std::size_t kDigitsMax = 8;
constexpr std::int64_t kValueMax = 99999999;

std::optional<std::int64_t> unit_nanoseconds(char unit) {
  switch (unit) {
    case 'H':
      return 3600LL * 1000000000;
    case 'M':
      return 60LL * 1000000000;
    case 'S':
      return 1000000000LL;
    case 'm':
      return 1000000LL;
    case 'u':
      return 1000LL;
    case 'n':
      return 1LL;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_timeout(std::string_view text) {
  if (text.size() < 2 || text.size() > kDigitsMax + 1) return std::nullopt;
  const auto unit = unit_nanoseconds(text.back());
  if (!unit) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  const std::chrono::nanoseconds longest = kTimeoutMax;
  if (value > longest.count() / *unit) return longest;
  return std::chrono::nanoseconds(value * *unit);
}

std::string format_timeout(std::chrono::milliseconds timeout) {
  const std::int64_t ms =
      std::clamp<std::int64_t>(timeout.count(), 0, std::chrono::milliseconds(kTimeoutMax).count());
  if (ms <= kValueMax) return std::to_string(ms) + 'm';
  // Rounded up: the server must not give up before the client does.
  const std::int64_t seconds = (ms + 999) / 1000;
  if (seconds <= kValueMax) return std::to_string(seconds) + 'S';
  return std::to_string((seconds + 59) / 60) + 'M';
}

}  // namespace kv::rpc
