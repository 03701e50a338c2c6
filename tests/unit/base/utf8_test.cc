#include "libraft/base/utf8.h"

#include <gtest/gtest.h>

namespace raft {
namespace {

TEST(Utf8, AcceptsWhatIsWellFormed) {
  for (const char* text :
       {"", "3.6", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf", "é日😀"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(Utf8, RefusesOverlongFormsSurrogatesAndTruncation) {
  for (const char* text : {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\xaf",
                           "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "a\xff"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(Utf8, LengthIsOfTheFirstSequenceOnly) {
  EXPECT_EQ(utf8_length("a\xff"), 1U);
  EXPECT_EQ(utf8_length("\xe2\x82\xac!"), 3U);
  EXPECT_EQ(utf8_length("\xff"), 0U);
  EXPECT_EQ(utf8_length(""), 0U);
}

}  // namespace
}  // namespace raft
