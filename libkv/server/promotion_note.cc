#include "libkv/server/promotion_note.h"

#include "libkv/server/note_kind.h"
#include "libraft/base/bytes.h"

namespace kv {

std::string encode_promotion_note(const PromotionNote& note) {
  std::string bytes;
  raft::ByteWriter writer(bytes);
  write_note_head(writer, NoteKind::kPromotion, note.answer.has_value());
  writer.u64(note.ticket);
  writer.u64(note.learner.value());
  if (note.answer) writer.u8(static_cast<std::uint8_t>(*note.answer));
  return bytes;
}

std::optional<PromotionNote> decode_promotion_note(std::string_view bytes) {
  raft::ByteReader reader(bytes);
  const NoteHead head = read_note_head(reader);
  if (head.kind != NoteKind::kPromotion) return std::nullopt;
  PromotionNote note;
  note.ticket = reader.u64();
  note.learner = raft::NodeId(reader.u64());
  if (head.answer) {
    const auto word = static_cast<PromotionWord>(reader.u8());
    if (word > PromotionWord::kNotEnoughStarted) return std::nullopt;
    note.answer = word;
  }
  if (!reader.done()) return std::nullopt;
  return note;
}

}  // namespace kv
