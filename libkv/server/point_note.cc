#include "libkv/server/point_note.h"

#include "libraft/base/bytes.h"

namespace kv {
namespace {

/// Of notes that name none.
constexpr std::uint32_t kFirstHashVersion = 1;
constexpr std::uint64_t kHashVersionMax = 0xffffffff;

}  // namespace

std::string encode_point_note(const PointNote& note) {
  std::string bytes;
  raft::ByteWriter writer(bytes);
  writer.u64(note.life);
  writer.varint(note.points.size());
  for (const StatePoint& point : note.points) {
    writer.u64(point.index.value());
    writer.u64(point.hash);
  }
  // Members that know of no versions refuse a note that goes on here, and so compare nothing with it.
  if (note.hash_version != kFirstHashVersion) writer.varint(note.hash_version);
  return bytes;
}

std::optional<PointNote> decode_point_note(const Note& received) {
  if (received.answer) return std::nullopt;
  raft::ByteReader reader(received.body);
  PointNote note;
  note.life = reader.u64();
  const std::uint64_t count = reader.varint();
  if (count > kNotePointsMax) return std::nullopt;
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    const raft::Index index(reader.u64());
    note.points.push_back({.index = index, .hash = reader.u64()});
  }
  note.hash_version = kFirstHashVersion;
  if (reader.ok() && !reader.rest().empty()) {
    const std::uint64_t version = reader.varint();
    if (version <= kFirstHashVersion || version > kHashVersionMax) return std::nullopt;
    note.hash_version = static_cast<std::uint32_t>(version);
  }
  if (!reader.done()) return std::nullopt;
  return note;
}

}  // namespace kv
