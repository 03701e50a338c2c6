#include "libkv/server/version_note.h"

#include "libkv/server/note_kind.h"
#include "libraft/base/bytes.h"

namespace kv {

std::string encode_version_note(const VersionNote& note) {
  std::string bytes;
  raft::ByteWriter writer(bytes);
  write_note_head(writer, NoteKind::kVersion, false);
  writer.u32(note.knows);
  writer.u32(note.cluster);
  return bytes;
}

std::optional<VersionNote> decode_version_note(std::string_view bytes) {
  raft::ByteReader reader(bytes);
  const NoteHead head = read_note_head(reader);
  if (head.kind != NoteKind::kVersion || head.answer) return std::nullopt;
  VersionNote note;
  note.knows = reader.u32();
  note.cluster = reader.u32();
  if (!reader.done()) return std::nullopt;
  return note;
}

}  // namespace kv
