#include "libkv/server/point_note.h"

#include "libkv/server/note_kind.h"
#include "libraft/base/bytes.h"

namespace kv {

std::string encode_point_note(const PointNote& note) {
  std::string bytes;
  raft::ByteWriter writer(bytes);
  write_note_head(writer, NoteKind::kPoints, false);
  writer.u64(note.life);
  writer.varint(note.points.size());
  for (const StatePoint& point : note.points) {
    writer.u64(point.index.value());
    writer.u64(point.hash);
  }
  return bytes;
}

std::optional<PointNote> decode_point_note(std::string_view bytes) {
  raft::ByteReader reader(bytes);
  const NoteHead head = read_note_head(reader);
  if (head.kind != NoteKind::kPoints || head.answer) return std::nullopt;
  PointNote note;
  note.life = reader.u64();
  const std::uint64_t count = reader.varint();
  if (count > kNotePointsMax) return std::nullopt;
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    const raft::Index index(reader.u64());
    note.points.push_back({.index = index, .hash = reader.u64()});
  }
  if (!reader.done()) return std::nullopt;
  return note;
}

}  // namespace kv
