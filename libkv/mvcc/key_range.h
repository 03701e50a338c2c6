// Which keys an operation means (contract section 2.2).
#pragma once

#include <string_view>

namespace kv {

/// A set of neighbouring keys. Views into the operation it was made from.
struct KeyRange {
  enum class Kind : unsigned char { kOne, kFrom, kBetween };

  std::string_view begin;
  std::string_view end;  ///< meaningful for kBetween: the first key outside
  Kind kind = Kind::kOne;

  /// For keys at or after `begin`: whether `key` is still inside.
  [[nodiscard]] bool reaches(std::string_view key) const {
    switch (kind) {
      case Kind::kOne:
        return key == begin;
      case Kind::kFrom:
        return true;
      case Kind::kBetween:
        return key < end;
    }
    return false;
  }

  [[nodiscard]] bool contains(std::string_view key) const { return key >= begin && reaches(key); }
};

/// `range_end`: empty = exactly `key`; one zero byte = every key from `key` on; else [key, range_end).
inline KeyRange key_range(std::string_view key, std::string_view range_end) {
  if (range_end.empty()) return {.begin = key, .end = {}, .kind = KeyRange::Kind::kOne};
  if (range_end == std::string_view("\0", 1)) return {.begin = key, .end = {}, .kind = KeyRange::Kind::kFrom};
  return {.begin = key, .end = range_end, .kind = KeyRange::Kind::kBetween};
}

}  // namespace kv
