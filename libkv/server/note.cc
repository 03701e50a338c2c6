#include "libkv/server/note.h"

namespace kv {
namespace {

constexpr char kNoteVersion = 1;
constexpr std::uint8_t kNoteIsAnswer = 0x80;  // with the kind
constexpr std::size_t kNoteHeadBytes = 2;

}  // namespace

std::string encode_note(const Note& note) {
  const auto kind = static_cast<std::uint8_t>(note.kind);
  std::string bytes;
  bytes.reserve(kNoteHeadBytes + note.body.size());
  bytes.push_back(kNoteVersion);
  bytes.push_back(static_cast<char>(note.answer ? kind | kNoteIsAnswer : kind));
  bytes.append(note.body);
  return bytes;
}

std::optional<Note> decode_note(std::string_view bytes) {
  if (bytes.size() < kNoteHeadBytes || bytes[0] != kNoteVersion) return std::nullopt;
  const auto kind = static_cast<std::uint8_t>(bytes[1]);
  return Note{.kind = static_cast<NoteKind>(kind & static_cast<std::uint8_t>(~kNoteIsAnswer)),
              .answer = (kind & kNoteIsAnswer) != 0,
              .body = bytes.substr(kNoteHeadBytes)};
}

}  // namespace kv
