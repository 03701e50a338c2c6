#include "libkv/server/lease_note.h"

#include "libraft/base/bytes.h"

namespace kv {

std::string encode_note(const LeaseNote& note) {
  std::string bytes;
  raft::ByteWriter writer(bytes);
  write_note_head(writer, static_cast<NoteKind>(note.question), note.answer.has_value());
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
  const NoteHead head = read_note_head(reader);
  if (head.kind != NoteKind::kKeepAlive && head.kind != NoteKind::kTimeToLive) return std::nullopt;
  LeaseNote note;
  note.question = static_cast<LeaseQuestion>(head.kind);
  note.ticket = reader.u64();
  note.lease = reader.i64();
  if (head.answer) {
    LeaseAnswer answer;
    answer.ttl = reader.i64();
    answer.granted = reader.i64();
    note.answer = answer;
  }
  if (!reader.done()) return std::nullopt;
  return note;
}

}  // namespace kv
