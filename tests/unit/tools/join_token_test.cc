#include "tools/common/join_token.h"

#include <gtest/gtest.h>

namespace tools {
namespace {

const JoinToken kSample{.cluster = 0xcdf818194e3a8c32,
                        .member = 0x8e9e05c52164694d,
                        .name = "d",
                        .peer_urls = {"http://10.0.0.4:2380", "http://[::1]:2380"}};

TEST(JoinToken, SaysWhatItWasMadeOf) {
  const auto token = decode_join_token(encode_join_token(kSample));
  ASSERT_TRUE(token) << token.error().text();
  EXPECT_EQ(*token, kSample);
}

TEST(JoinToken, NeedsNoQuotesInAShellWhateverIsInIt) {
  for (std::uint64_t member = 1; member != 0; member <<= 1U) {
    JoinToken token = kSample;
    token.member = ~member;
    token.name.assign(member % 7, '\xff');
    const std::string text = encode_join_token(token);
    EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."),
              std::string::npos);
    EXPECT_EQ(decode_join_token(text).value_or(kSample), token);
  }
}

TEST(JoinToken, OneThatWasNotCopiedWholeIsRefusedAtEveryLength) {
  const std::string text = encode_join_token(kSample);
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(decode_join_token(text.substr(0, length))) << length;
  }
  EXPECT_FALSE(decode_join_token(text + "A"));
  EXPECT_FALSE(decode_join_token(text + "="));
}

TEST(JoinToken, OneWithAnyOtherLetterInItIsRefused) {
  const std::string text = encode_join_token(kSample);
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string other = text;
    other[at] = other[at] == 'A' ? 'B' : 'A';
    const auto token = decode_join_token(other);
    // The last letter may hold bits that no byte needs.
    EXPECT_EQ(token.value_or(kSample), kSample) << at;
    EXPECT_FALSE(token && at + 1 < text.size()) << at;
  }
}

TEST(JoinToken, ANewerFormatIsNamedAsOne) {
  const auto token = decode_join_token("kvd2.AAAA");
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, raft::ErrorCode::kMismatch);
  EXPECT_EQ(decode_join_token("etcd-cluster").error().code, raft::ErrorCode::kInvalidArgument);
  EXPECT_FALSE(decode_join_token("kvd1." + std::string(kJoinTokenBytesMax, 'A')));
}

}  // namespace
}  // namespace tools
