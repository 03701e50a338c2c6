// The first two bytes of what the services of two members say to each other (FORMAT.md).
#pragma once

#include <cstdint>

#include "libraft/base/bytes.h"

namespace kv {

/// On the wire: never renumbered.
enum class NoteKind : std::uint8_t {
  kNone = 0,  ///< of bytes that are no note of this version
  kKeepAlive = 1,
  kTimeToLive = 2,
  kVersion = 3,
  kPromotion = 4,
  kPoints = 5,
};

struct NoteHead {
  NoteKind kind{};
  bool answer = false;
};

inline constexpr std::uint8_t kNoteVersion = 1;
inline constexpr std::uint8_t kNoteIsAnswer = 0x80;  ///< with the kind

inline void write_note_head(raft::ByteWriter& writer, NoteKind kind, bool answer) {
  const auto number = static_cast<std::uint8_t>(kind);
  writer.u8(kNoteVersion);
  writer.u8(answer ? static_cast<std::uint8_t>(number | kNoteIsAnswer) : number);
}

inline NoteHead read_note_head(raft::ByteReader& reader) {
  if (reader.u8() != kNoteVersion) return {};
  const std::uint8_t number = reader.u8();
  return {.kind = static_cast<NoteKind>(number & static_cast<std::uint8_t>(~kNoteIsAnswer)),
          .answer = (number & kNoteIsAnswer) != 0};
}

}  // namespace kv
