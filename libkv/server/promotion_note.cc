#include "libkv/server/promotion_note.h"

#include "libraft/base/bytes.h"

namespace kv {

std::string encode_promotion_note(const PromotionNote& note) {
  std::string bytes;
  raft::ByteWriter writer(bytes);
  writer.u64(note.ticket);
  writer.u64(note.learner.value());
  if (note.answer) writer.u8(static_cast<std::uint8_t>(*note.answer));
  return bytes;
}

std::optional<PromotionNote> decode_promotion_note(const Note& received) {
  raft::ByteReader reader(received.body);
  PromotionNote note;
  note.ticket = reader.u64();
  note.learner = raft::NodeId(reader.u64());
  if (received.answer) {
    const auto word = static_cast<PromotionWord>(reader.u8());
    if (word > PromotionWord::kNotEnoughStarted) return std::nullopt;
    note.answer = word;
  }
  if (!reader.done()) return std::nullopt;
  return note;
}

}  // namespace kv
