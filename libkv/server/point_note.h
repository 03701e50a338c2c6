// What a member tells the others of its state, for them to compare (FORMAT.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libkv/mvcc/state_point.h"

namespace kv {

/// More points in one note are refused.
inline constexpr std::size_t kNotePointsMax = 64;

struct PointNote {
  /// Of the sender's state: another one means that earlier points count no more.
  std::uint64_t life = 0;
  std::vector<StatePoint> points;

  bool operator==(const PointNote&) const = default;
};

std::string encode_point_note(const PointNote& note);
/// Nothing for bytes that are none: notes may be of another kind.
std::optional<PointNote> decode_point_note(std::string_view bytes);

}  // namespace kv
