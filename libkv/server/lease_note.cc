#include "libkv/server/lease_note.h"

#include "libraft/base/bytes.h"

namespace kv {

std::string encode_lease_note(const LeaseNote& note) {
  std::string bytes;
  raft::ByteWriter writer(bytes);
  writer.u64(note.ticket);
  writer.i64(note.lease);
  if (note.answer) {
    writer.i64(note.answer->ttl);
    writer.i64(note.answer->granted);
  }
  return bytes;
}

std::optional<LeaseNote> decode_lease_note(const Note& received) {
  raft::ByteReader reader(received.body);
  LeaseNote note;
  note.question = static_cast<LeaseQuestion>(received.kind);
  note.ticket = reader.u64();
  note.lease = reader.i64();
  if (received.answer) {
    LeaseAnswer answer;
    answer.ttl = reader.i64();
    answer.granted = reader.i64();
    note.answer = answer;
  }
  if (!reader.done()) return std::nullopt;
  return note;
}

}  // namespace kv
