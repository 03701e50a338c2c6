// What a role allows (contract section 9.3).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kv {

/// Values are etcd's, on the wire and in the log.
enum class PermissionType : std::uint8_t { kRead = 0, kWrite = 1, kReadWrite = 2 };

/// As etcd writes it.
constexpr std::string_view describe(PermissionType type) {
  switch (type) {
    case PermissionType::kRead:
      return "READ";
    case PermissionType::kWrite:
      return "WRITE";
    case PermissionType::kReadWrite:
      return "READWRITE";
  }
  return "UNKNOWN";
}

/// `range_end` as in RangeOp.
struct Permission {
  PermissionType type = PermissionType::kRead;
  std::string key;
  std::string range_end;

  bool operator==(const Permission&) const = default;
};

}  // namespace kv
