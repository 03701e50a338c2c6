// Who asks, as a command carries it.
#pragma once

#include <cstdint>
#include <string>

namespace kv {

struct Principal {
  std::string user;
  /// The auth revision that the user was known under: once it has moved on, the user may be another.
  std::uint64_t revision = 0;

  bool operator==(const Principal&) const = default;
};

}  // namespace kv
