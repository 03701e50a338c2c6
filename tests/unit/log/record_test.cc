#include "libraft/log/record.h"

#include <gtest/gtest.h>

#include "libraft/base/bytes.h"
#include "libraft/base/checksum.h"
#include "tests/unit/log/script.h"

namespace raft {
namespace {

using testing::entry;

TEST(EntryRecord, ComesBackAsItWas) {
  for (const EntryType type : {EntryType::kNoop, EntryType::kCommand, EntryType::kConfiguration}) {
    for (const std::size_t bytes : {0U, 1U, 100'000U}) {
      std::string out = "in front";
      const std::uint64_t hash = encode_entry(entry(7, 3, std::string(bytes, 'p'), type), 42, out);
      const auto decoded = decode_entry(Index(7), std::string_view(out).substr(8));
      ASSERT_TRUE(decoded) << decoded.error().text();
      EXPECT_EQ(decoded->entry.index, Index(7));
      EXPECT_EQ(decoded->entry.term, Term(3));
      EXPECT_EQ(decoded->entry.type, type);
      EXPECT_EQ(decoded->entry.bytes(), std::string(bytes, 'p'));
      EXPECT_EQ(decoded->previous_hash, 42U);
      EXPECT_EQ(decoded->hash, hash);
    }
  }
}

TEST(EntryRecord, EveryChangedBitAndEveryLengthIsDamage) {
  std::string out;
  encode_entry(entry(7, 3, "payload"), 42, out);
  for (std::size_t bit = 0; bit < out.size() * 8; ++bit) {
    std::string changed = out;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(decode_entry(Index(7), changed).error().code, ErrorCode::kCorruption) << bit;
  }
  for (std::size_t length = 0; length < out.size(); ++length)
    EXPECT_FALSE(decode_entry(Index(7), out.substr(0, length))) << length;
  EXPECT_FALSE(decode_entry(Index(7), out + "x"));
  EXPECT_FALSE(decode_entry(Index(8), out));
}

/// A record that a later version wrote: sound, but not for us.
template <class Change>
ErrorCode code_of_sound_record(Change change) {
  std::string out;
  encode_entry(entry(7, 3, "payload"), 42, out);
  std::string body = out.substr(0, out.size() - 8);
  change(body);
  ByteWriter(body).u64(checksum(body));
  return decode_entry(Index(7), body).error().code;
}

TEST(EntryRecord, AnUnknownVersionOrTypeIsNotDamage) {
  EXPECT_EQ(code_of_sound_record([](std::string& body) { body[0] = 2; }), ErrorCode::kMismatch);
  EXPECT_EQ(code_of_sound_record([](std::string& body) { body[1] = 3; }), ErrorCode::kMismatch);
  EXPECT_EQ(code_of_sound_record([](std::string& body) { body.resize(5); }), ErrorCode::kCorruption);
}

StateRecord some_state() {
  return {.sequence = 9,
          .hard_state = {Term(5), NodeId(3)},
          .base = {Index(10), Term(4)},
          .base_hash = 111,
          .last = Index(20),
          .last_hash = 222};
}

TEST(StateRecord, ComesBackAsItWas) {
  StateRecord state = some_state();
  for (const std::optional<NodeId> vote : {std::optional<NodeId>(), std::optional(NodeId(3))}) {
    state.hard_state.voted_for = vote;
    std::string out;
    encode_state(state, out);
    const auto decoded = decode_state(9, out);
    ASSERT_TRUE(decoded) << decoded.error().text();
    EXPECT_EQ(*decoded, state);
  }
}

TEST(StateRecord, EveryChangedBitEveryLengthAndAnotherKeyIsDamage) {
  std::string out;
  encode_state(some_state(), out);
  EXPECT_EQ(static_cast<std::uint8_t>(out.back()), kEndMark);
  for (std::size_t bit = 0; bit < out.size() * 8; ++bit) {
    std::string changed = out;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(decode_state(9, changed).error().code, ErrorCode::kCorruption) << bit;
  }
  for (std::size_t length = 0; length < out.size(); ++length)
    EXPECT_FALSE(decode_state(9, out.substr(0, length))) << length;
  EXPECT_FALSE(decode_state(8, out));
}

}  // namespace
}  // namespace raft
