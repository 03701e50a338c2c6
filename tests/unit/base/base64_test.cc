#include "libraft/base/base64.h"

#include <gtest/gtest.h>

namespace raft {
namespace {

TEST(Base64, EveryLengthAndByteComesBackInEveryForm) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    for (const Base64 form : {Base64::kStandard, Base64::kBare, Base64::kUrl}) {
      EXPECT_EQ(base64_decode(base64_encode(bytes, form), form), bytes);
    }
    bytes += static_cast<char>(i * 7);
  }
}

TEST(Base64, HasTheLettersAndPaddingOfItsForm) {
  EXPECT_EQ(base64_encode(""), "");
  EXPECT_EQ(base64_encode("f"), "Zg==");
  EXPECT_EQ(base64_encode("fo"), "Zm8=");
  EXPECT_EQ(base64_encode("foo"), "Zm9v");
  EXPECT_EQ(base64_encode("\xfb\xff"), "+/8=");
  EXPECT_EQ(base64_encode("\xfb\xff", Base64::kBare), "+/8");
  EXPECT_EQ(base64_encode("\xfb\xff", Base64::kUrl), "-_8");
}

TEST(Base64, TakesPaddedAndUnpadded) {
  EXPECT_EQ(base64_decode("YWI="), "ab");
  EXPECT_EQ(base64_decode("YWI"), "ab");
  EXPECT_EQ(base64_decode("YQ=="), "a");
  EXPECT_EQ(base64_decode("YQ"), "a");
}

TEST(Base64, RefusesWhatNoEncoderWrites) {
  for (const char* text :
       {"Y", "YWI*", "=", "Y===", "YW=I", "YWJjZ", "Zm9v=", "Zm 9", "Zm9vYh==", "====", "Zm9-"}) {
    EXPECT_FALSE(base64_decode(text)) << text;
  }
  EXPECT_FALSE(base64_decode("+/8", Base64::kUrl));
}

}  // namespace
}  // namespace raft
