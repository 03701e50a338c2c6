#include "libkv/server/version_note.h"

#include "libraft/base/bytes.h"

namespace kv {

std::string encode_version_note(const VersionNote& note) {
  std::string bytes;
  raft::ByteWriter writer(bytes);
  writer.u32(note.knows);
  writer.u32(note.cluster);
  return bytes;
}

std::optional<VersionNote> decode_version_note(const Note& received) {
  if (received.answer) return std::nullopt;
  raft::ByteReader reader(received.body);
  VersionNote note;
  note.knows = reader.u32();
  note.cluster = reader.u32();
  if (!reader.done()) return std::nullopt;
  return note;
}

}  // namespace kv
