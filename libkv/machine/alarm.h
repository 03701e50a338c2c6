// An alarm: something is wrong with a member, and the whole cluster holds back until it is set right.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "libraft/core/types.h"

namespace kv {

/// Values are etcd's (contract section 1.5).
enum class AlarmType : std::uint8_t {
  kNoSpace = 1,  ///< the member's state is over its quota
  kCorrupt = 2,  ///< the member's state is not what the others have
};

/// As etcd's tools show it.
constexpr std::string_view name_of(AlarmType type) {
  return type == AlarmType::kNoSpace ? "NOSPACE" : "CORRUPT";
}

struct Alarm {
  raft::NodeId member;
  AlarmType type = AlarmType::kNoSpace;
  /// Raised by what watches over the members (the quota, the comparison of states), which takes it back when
  /// all is well again; one that was raised by hand stays until it is disarmed by hand.
  bool automatic = false;

  bool operator==(const Alarm&) const = default;
};

}  // namespace kv
