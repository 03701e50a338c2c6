// The worked example of FORMAT.md, byte by byte.
#include "libkv/snapshot/format.h"

#include "libraft/base/bytes.h"
#include "tests/unit/snapshot/snapshot_fixture.h"

namespace kv {
namespace {

constexpr std::string_view kExample =
    "6b76642d736e6170010000004600000001c1000000000000000200000000000000020000000000000002000000000000"
    "00ffffffffffffffff01000000000000001401020100000000000000020000000000000000001425bbfa949f25450186"
    "0000005c000000f8050134bcccca3d28b52ffd20869d0200940312722f00020015010002010003666f6f0362617281ec"
    "eb98b4ebee8d1aff00014101ffffff010001009153378abd3959988ce69a2687dcc1a80a0060609d434a5db082c05764"
    "c0385c6699da02e436802c02010000000000000002000000000000008600000000000000eb0454e4912eb2df34fd0c33"
    "a44491e82a9f7fe90eeefb9f2905a1b615d6b5d3";

std::string from_hex(std::string_view text) {
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
  }
  return bytes;
}

class Format : public SnapshotTest {
 protected:
  Format() {
    store_ = *Store::open({.env = env_.get(),
                           .path = "/example",
                           .first_rows = {configuration_row(configuration())},
                           .first = {raft::Index(1), raft::Term(1)}});
    put("foo", "bar");
  }
};

TEST_F(Format, TheExampleIsReadAsWhatItSays) {
  const auto state = receive(from_hex(kExample));
  ASSERT_TRUE(state) << state.error().text();
  EXPECT_EQ((*state)->applied(), (raft::EntryId{raft::Index(2), raft::Term(2)}));
  EXPECT_EQ((*state)->chain(), store_->chain());
  EXPECT_EQ(*(*state)->rows("c/"), *store_->rows("c/"));
}

TEST_F(Format, TheExampleIsWhatIsWritten) {
  // Up to where zstd's own bytes begin.
  constexpr std::size_t kHead = kPreludeBytes + 70 + kChecksumBytes;
  EXPECT_EQ(snapshot().substr(0, kHead), from_hex(kExample).substr(0, kHead));
}

TEST_F(Format, HeadersAreGivenBack) {
  const SnapshotHeader header{
      .cluster_id = ~0ULL,
      .last = {raft::Index(77), raft::Term(6)},
      .revision = 1LL << 40U,
      .compacted = 12,
      .configuration = {
          raft::Index(70),
          {.voters = {raft::NodeId(1)}, .outgoing = {raft::NodeId(2)}, .learners = {raft::NodeId(3)}}}};
  const std::string bytes = encode_header(header);
  const auto follows = decode_prelude(bytes);
  ASSERT_TRUE(follows);
  EXPECT_EQ(*follows, bytes.size() - kPreludeBytes);
  const auto decoded =
      decode_header_body(std::string_view(bytes).substr(kPreludeBytes, *follows - kChecksumBytes));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, header);
}

}  // namespace
}  // namespace kv
