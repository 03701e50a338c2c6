// The envelope of what the services of two members say to each other (FORMAT.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kv {

/// On the wire: never renumbered. Others come from newer members, and are heard by nobody.
enum class NoteKind : std::uint8_t {
  kKeepAlive = 1,
  kTimeToLive = 2,
  kVersion = 3,
  kPromotion = 4,
  kPoints = 5,
};

/// Holds no bytes of its own.
struct Note {
  NoteKind kind{};
  bool answer = false;  ///< to a note of that kind
  std::string_view body;
};

std::string encode_note(const Note& note);
/// Nothing for bytes of another version. The body is part of `bytes`, and not looked at.
std::optional<Note> decode_note(std::string_view bytes);

}  // namespace kv
