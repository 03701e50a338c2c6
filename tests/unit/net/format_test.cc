// The worked examples of libraft/net/FORMAT.md, byte by byte.
#include <gtest/gtest.h>

#include "libraft/net/codec.h"
#include "libraft/net/frame.h"
#include "libraft/net/handshake.h"
#include "tests/unit/net/sample_messages.h"

namespace raft {
namespace {

std::string from_hex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    if (hex[i] == ' ') continue;
    bytes.push_back(static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1])));
    ++i;
  }
  return bytes;
}

TEST(Format, HelloIsAsDocumented) {
  EXPECT_EQ(
      hello_frame(
          {.newest = 1, .oldest = 1, .cluster_id = 0xc1, .sender = NodeId(0xa), .receiver = NodeId(0xb)}),
      from_hex("4b 56 52 50 01 00 00 00 20 00 00 00 61 a5 4b cc a7 21 f6 77 "
               "01 00 00 00 01 00 00 00 c1 00 00 00 00 00 00 00 "
               "0a 00 00 00 00 00 00 00 0b 00 00 00 00 00 00 00"));
}

TEST(Format, RefusalIsAsDocumented) {
  EXPECT_EQ(refusal_frame({RefusalCode::kCluster, "no"}),
            from_hex("4b 56 52 50 02 00 00 00 04 00 00 00 07 14 19 a5 27 5e d2 4c 02 02 6e 6f"));
}

TEST(Format, MessagesAreAsDocumented) {
  AppendEntries append{
      .term = Term(3), .previous = {Index(7), Term(2)}, .commit = Index(6), .round = 5, .entries = {}};
  append.entries = entries_from(8, 3, {"", "set x"});
  append.entries[0].type = EntryType::kNoop;
  std::string frame;
  begin_frame(frame);
  encode(append, frame);
  encode(VoteReply{.term = Term(3), .granted = true}, frame);
  finish_frame(frame, FrameType::kMessages);
  EXPECT_EQ(frame, from_hex("4b 56 52 50 03 00 00 00 4d 00 00 00 9b c6 33 4c b7 9b 76 35 "
                            "03 03 00 00 00 00 00 00 00 07 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00 "
                            "06 00 00 00 00 00 00 00 05 00 00 00 00 00 00 00 02 "
                            "03 00 00 00 00 00 00 00 00 00 "
                            "03 00 00 00 00 00 00 00 01 05 73 65 74 20 78 "
                            "02 03 00 00 00 00 00 00 00 02"));
}

TEST(Format, LimitsAreAsDocumented) {
  EXPECT_EQ(kHandshakeBodyBytesMax, 1024U);
  EXPECT_EQ(kFrameBodyBytesMax, 84934656U);
  EXPECT_EQ(kMessageBytesMax, 83886080U);
  EXPECT_EQ(kPayloadBytesMax, 67108864U);
}

}  // namespace
}  // namespace raft
