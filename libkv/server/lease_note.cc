#include "libkv/server/lease_note.h"

#include "libkv/server/note_kind.h"
#include "libraft/base/bytes.h"

namespace kv {

std::string encode_note(const LeaseNote& note) {
  std::string bytes;
  raft::ByteWriter writer(bytes);
  writer.u8(kNoteVersion);
  const auto kind = static_cast<std::uint8_t>(note.question);
  writer.u8(note.answer ? static_cast<std::uint8_t>(kind | kNoteIsAnswer) : kind);
  writer.u64(note.ticket);
  writer.i64(note.lease);
  if (note.answer) {
    writer.i64(note.answer->ttl);
    writer.i64(note.answer->granted);
  }
  return bytes;
}

std::optional<LeaseNote> decode_note(std::string_view bytes) {
  raft::ByteReader reader(bytes);
  if (reader.u8() != kNoteVersion) return std::nullopt;
  const std::uint8_t kind = reader.u8();
  LeaseNote note;
  note.question = static_cast<LeaseQuestion>(kind & static_cast<std::uint8_t>(~kNoteIsAnswer));
  if (note.question != LeaseQuestion::kKeepAlive && note.question != LeaseQuestion::kTimeToLive) {
    return std::nullopt;
  }
  note.ticket = reader.u64();
  note.lease = reader.i64();
  if ((kind & kNoteIsAnswer) != 0) {
    LeaseAnswer answer;
    answer.ttl = reader.i64();
    answer.granted = reader.i64();
    note.answer = answer;
  }
  if (!reader.done()) return std::nullopt;
  return note;
}

}  // namespace kv
