#include "libkv/gateway/base64.h"

#include <gtest/gtest.h>

#include "libraft/base/base64.h"

namespace kv::gateway {
namespace {

TEST(Base64, EveryLengthComesBack) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    const auto read = decode_base64(raft::base64_encode(bytes));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, bytes);
    bytes += static_cast<char>(i * 7);
  }
}

TEST(Base64, ReadsTheAlphabetForUrlsAndLineEnds) {
  EXPECT_EQ(decode_base64("-_8="), std::string("\xfb\xff"));
  EXPECT_EQ(decode_base64("Zm\r\n9v\n"), std::string("foo"));
}

TEST(Base64, SaysWhereItIsWrong) {
  EXPECT_EQ(decode_base64("YmF").error(), 0U);
  EXPECT_EQ(decode_base64("YmFyYg").error(), 4U);
  EXPECT_EQ(decode_base64("Ym!F").error(), 2U);
  EXPECT_EQ(decode_base64("Ym=F").error(), 2U);
  EXPECT_EQ(decode_base64("=").error(), 0U);
  EXPECT_FALSE(decode_base64("Zg==Zg=="));
}

}  // namespace
}  // namespace kv::gateway
