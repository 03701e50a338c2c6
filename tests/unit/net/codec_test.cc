#include "libraft/net/codec.h"

#include <gtest/gtest.h>

#include <limits>

#include "libraft/base/bytes.h"
#include "libraft/base/random.h"
#include "tests/unit/net/sample_messages.h"

namespace raft {
namespace {

std::string encoded(const Message& message) {
  std::string bytes;
  encode(message, bytes);
  return bytes;
}

Result<std::vector<Message>> decoded(std::string_view bytes) {
  std::vector<Message> messages;
  RETURN_IF_ERROR(decode_messages(bytes, messages));
  return messages;
}

/// An AppendEntries up to its entries' count.
std::string append_head(std::uint64_t previous_index) {
  std::string bytes;
  ByteWriter to(bytes);
  to.u8(3);
  to.u64(1);
  to.u64(previous_index);
  to.u64(1);
  to.u64(0);
  to.u64(0);
  return bytes;
}

TEST(Codec, BringsEveryMessageBackAsItWas) {
  for (const Message& message : sample_messages()) {
    const auto back = decoded(encoded(message));
    ASSERT_TRUE(back) << dump(message) << "\n" << back.error().text();
    ASSERT_EQ(back->size(), 1U);
    EXPECT_EQ(dump(back->front()), dump(message));
  }
}

TEST(Codec, BringsManyMessagesBackInOrder) {
  std::string bytes;
  for (const Message& message : sample_messages()) encode(message, bytes);
  const auto back = decoded(bytes);
  ASSERT_TRUE(back);
  ASSERT_EQ(back->size(), sample_messages().size());
  for (std::size_t i = 0; i < back->size(); ++i) EXPECT_EQ(dump((*back)[i]), dump(sample_messages()[i]));
}

TEST(Codec, KnowsTheSizeBeforehand) {
  for (const Message& message : sample_messages()) {
    EXPECT_EQ(encoded_size(message), encoded(message).size()) << dump(message);
  }
}

TEST(Codec, AppendsToWhatIsThere) {
  std::string bytes = "head";
  encode(TimeoutNow{Term(1)}, bytes);
  EXPECT_TRUE(bytes.starts_with("head"));
  EXPECT_EQ(bytes.size(), 4 + encoded_size(TimeoutNow{Term(1)}));
}

TEST(Codec, RefusesEveryMessageCutShortAnywhere) {
  for (const Message& message : sample_messages()) {
    const std::string bytes = encoded(message);
    const std::size_t step = bytes.size() > 4096 ? 997 : 1;
    for (std::size_t length = 1; length < bytes.size(); length += step) {
      const auto back = decoded(std::string_view(bytes).substr(0, length));
      ASSERT_FALSE(back) << length << " bytes of " << dump(message);
      EXPECT_EQ(back.error().code, ErrorCode::kCorruption);
    }
  }
}

TEST(Codec, KeepsTheGoodMessagesBeforeABadOne) {
  std::string bytes = encoded(TimeoutNow{Term(1)}) + encoded(TimeoutNow{Term(2)});
  bytes.pop_back();
  std::vector<Message> messages;
  const auto outcome = decode_messages(bytes, messages);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().text(), "message at byte 9: the message is cut short");
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(term_of(messages.front()), Term(1));
}

TEST(Codec, RefusesAnUnknownKind) {
  for (const std::uint8_t kind : {0, 11, 255}) {
    const auto back = decoded(std::string(1, static_cast<char>(kind)) + std::string(64, '\0'));
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error().what, "unknown kind of message");
  }
}

TEST(Codec, RefusesUnknownFlags) {
  for (const Message& message : std::initializer_list<Message>{RequestVote{}, VoteReply{}, AppendReply{}}) {
    std::string bytes = encoded(message);
    bytes[9] = 4;
    const auto back = decoded(bytes);
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error().what, "unknown flag");
  }
}

TEST(Codec, RefusesAnUnknownEntryType) {
  std::string bytes = append_head(1);
  ByteWriter to(bytes);
  to.varint(1);
  to.u64(1);
  to.u8(3);
  to.bytes("");
  const auto back = decoded(bytes);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().what, "unknown entry type");
}

TEST(Codec, RefusesACountThatTheBytesCannotHold) {
  for (const std::uint64_t count : {std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{1} << 40,
                                    std::numeric_limits<std::uint64_t>::max()}) {
    std::string append = append_head(1);
    ByteWriter(append).varint(count);
    EXPECT_FALSE(decoded(append)) << count;
    std::string forward = "\x06" + std::string(8, '\0');
    ByteWriter(forward).varint(count);
    EXPECT_FALSE(decoded(forward)) << count;
  }
}

TEST(Codec, RefusesAPayloadLongerThanTheBytes) {
  std::string bytes = append_head(1);
  ByteWriter to(bytes);
  to.varint(1);
  to.u64(1);
  to.u8(1);
  to.varint(std::numeric_limits<std::uint64_t>::max());
  bytes += "short";
  EXPECT_FALSE(decoded(bytes));
}

TEST(Codec, RefusesEntriesBeyondTheLastIndex) {
  std::string bytes = append_head(std::numeric_limits<std::uint64_t>::max());
  ByteWriter to(bytes);
  to.varint(1);
  to.u64(1);
  to.u8(1);
  to.bytes("x");
  const auto back = decoded(bytes);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().what, "entries beyond the last index");
}

TEST(Codec, CarriesTheLargestPayloadAndNoLarger) {
  for (const bool too_large : {false, true}) {
    AppendEntries append{.term = Term(1), .previous = {Index(1), Term(1)}};
    append.entries = entries_from(2, 1, {std::string(kPayloadBytesMax + (too_large ? 1 : 0), 'L')});
    const std::string bytes = encoded(append);
    EXPECT_LE(bytes.size(), kMessageBytesMax);
    EXPECT_EQ(decoded(bytes).has_value(), !too_large);
  }
}

TEST(Codec, EmptyPayloadsOfEntriesAreNullAndOfProposalsAreNot) {
  AppendEntries append{.term = Term(1), .previous = {Index(1), Term(1)}};
  append.entries = entries_from(2, 1, {""});
  append.entries.front().payload = shared("");
  EXPECT_EQ(std::get<AppendEntries>(decoded(encoded(append))->front()).entries.front().payload, nullptr);
  const auto forward = decoded(encoded(ForwardProposals{Term(1), {nullptr}}));
  EXPECT_NE(std::get<ForwardProposals>(forward->front()).payloads.front(), nullptr);
}

TEST(Codec, SurvivesRandomBytes) {
  Random random(20260101);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes(1 + random.below(200), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.next());
    bytes[0] = static_cast<char>(1 + random.below(8));
    std::vector<Message> messages;
    static_cast<void>(decode_messages(bytes, messages));
    for (const Message& message : messages) EXPECT_LE(encoded_size(message), bytes.size());
  }
}

TEST(Codec, SurvivesFlippedBits) {
  Random random(7);
  for (const Message& message : sample_messages()) {
    const std::string good = encoded(message);
    for (int round = 0; round < 500; ++round) {
      std::string bytes = good;
      const std::size_t bit = random.below(std::min<std::size_t>(bytes.size(), 200) * 8);
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
      static_cast<void>(decoded(bytes));
    }
  }
}

}  // namespace
}  // namespace raft
