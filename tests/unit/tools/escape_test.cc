#include "tools/common/escape.h"

#include <gtest/gtest.h>

namespace tools {
namespace {

using namespace std::string_literals;

TEST(Escape, HexIsEtcdctls) {
  EXPECT_EQ(hex_escape("a\xff\0"s), "\\x61\\xff\\x00");
  EXPECT_EQ(hex_escape(""), "");
}

TEST(Escape, HexReadsBackBothForms) {
  EXPECT_EQ(hex_decode("\\x61\\xFF\\x00"), "a\xff\0"s);
  EXPECT_EQ(hex_decode("61fF00"), "a\xff\0"s);
  EXPECT_EQ(hex_decode(""), "");
}

TEST(Escape, HexRefusesHalfBytesAndOtherLetters) {
  EXPECT_FALSE(hex_decode("6"));
  EXPECT_FALSE(hex_decode("6g"));
  EXPECT_FALSE(hex_decode("\\x6"));
}

TEST(Escape, QuotesAsGoDoes) {
  EXPECT_EQ(quote("plain"), "\"plain\"");
  EXPECT_EQ(quote("a\"b\\c\n\t\r\a"), R"("a\"b\\c\n\t\r\a")");
  EXPECT_EQ(quote("\x01\x7f\xff"), R"("\x01\x7f\xff")");
  EXPECT_EQ(quote("é日\xe2\x80\xa8"), "\"é日\\u2028\"");
}

TEST(Escape, UnquoteReadsWhatQuoteWrote) {
  for (const std::string& bytes : {""s, "a b"s, "\"\\\n\t\x01\xff\0z"s, "é日"s}) {
    const std::string quoted = quote(bytes);
    std::string_view text = quoted;
    EXPECT_EQ(unquote(text), bytes);
    EXPECT_EQ(text, "");
  }
}

TEST(Escape, UnquoteStopsBehindTheString) {
  std::string_view text = R"("a\x41\102\u00e9\U0001f600") rest)";
  EXPECT_EQ(unquote(text), "aABé😀");
  EXPECT_EQ(text, ") rest");
}

TEST(Escape, UnquoteLeavesWhatIsNoStringAlone) {
  for (const std::string_view bad :
       {"", "a", "\"open", R"("\q")", R"("\x4")", R"("\ud800")", R"("\400")", "\"\\"}) {
    std::string_view text = bad;
    EXPECT_FALSE(unquote(text)) << bad;
    EXPECT_EQ(text, bad);
  }
}

}  // namespace
}  // namespace tools
