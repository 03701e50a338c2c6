// What a member tells the others of its state, for them to compare (FORMAT.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libkv/mvcc/state_point.h"
#include "libkv/server/note.h"

namespace kv {

/// More points in one note are refused.
inline constexpr std::size_t kNotePointsMax = 64;

struct PointNote {
  /// Of the sender's state: another one means that earlier points count no more.
  std::uint64_t life = 0;
  std::vector<StatePoint> points;
  /// Of the definition of their hashes; unlike ones say nothing about each other.
  std::uint32_t hash_version = kStateHashVersion;

  bool operator==(const PointNote&) const = default;
};

/// The body.
std::string encode_point_note(const PointNote& note);
/// Nothing for a body that is none. Of a note of kPoints.
std::optional<PointNote> decode_point_note(const Note& note);

}  // namespace kv
