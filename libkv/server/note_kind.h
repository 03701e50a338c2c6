// The first two bytes of what the services of two members say to each other (FORMAT.md).
#pragma once

#include <cstdint>

#include "libraft/base/bytes.h"

namespace kv {

inline constexpr std::uint8_t kNoteVersion = 1;

/// On the wire: never renumbered.
enum class NoteKind : std::uint8_t {
  kKeepAlive = 1,
  kTimeToLive = 2,
  kVersion = 3,
};
/// With the kind: the answer to it.
inline constexpr std::uint8_t kNoteIsAnswer = 0x80;

inline void write_note_head(raft::ByteWriter& writer, NoteKind kind) {
  writer.u8(kNoteVersion);
  writer.u8(static_cast<std::uint8_t>(kind));
}

/// Reads the head; whether it is of this kind, and no answer.
inline bool is_note(raft::ByteReader& reader, NoteKind kind) {
  const std::uint8_t version = reader.u8();
  return version == kNoteVersion && reader.u8() == static_cast<std::uint8_t>(kind) && reader.ok();
}

}  // namespace kv
