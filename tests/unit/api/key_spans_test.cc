#include "libkv/api/key_spans.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace kv::api {
namespace {

const std::string kEndless(1, '\0');

TEST(KeySpans, AKeyAloneIsNeitherItsPrefixNorWhatFollowsIt) {
  KeySpans spans;
  spans.add("b", "");
  EXPECT_TRUE(spans.contains("b"));
  EXPECT_FALSE(spans.contains("a"));
  EXPECT_FALSE(spans.contains(std::string_view("b\0", 2)));
}

TEST(KeySpans, ARangeHoldsItsFirstKeyAndNotItsEnd) {
  KeySpans spans;
  spans.add("b", "d");
  EXPECT_TRUE(spans.contains("b"));
  EXPECT_TRUE(spans.contains("c\xff"));
  EXPECT_FALSE(spans.contains("d"));
}

TEST(KeySpans, ARangeThatEndsBeforeItBeginsIsEmpty) {
  KeySpans spans;
  spans.add("d", "b");
  spans.add("d", "d");
  for (const char* key : {"a", "b", "c", "d", "e"}) EXPECT_FALSE(spans.contains(key));
}

TEST(KeySpans, AnEndlessRangeSwallowsWhatComesAfter) {
  KeySpans spans;
  spans.add("x", "");
  spans.add("c", kEndless);
  spans.add("d", "f");
  EXPECT_FALSE(spans.contains("b"));
  EXPECT_TRUE(spans.contains("c"));
  EXPECT_TRUE(spans.contains("\xff\xff"));
}

/// As slow as it is plain.
class PlainSpans {
 public:
  void add(const std::string& key, const std::string& range_end) { ranges_.emplace_back(key, range_end); }
  bool contains(const std::string& key) const {
    for (const auto& [first, last] : ranges_) {
      if (last.empty() ? key == first : key >= first && (last == kEndless || key < last)) return true;
    }
    return false;
  }

 private:
  std::vector<std::pair<std::string, std::string>> ranges_;
};

TEST(KeySpans, AgreeWithALoopOverAllRanges) {
  std::mt19937 random(20261123);  // fixed: a failure must come again
  std::vector<std::string> keys{kEndless, "a"};
  for (char c = 'a'; c <= 'h'; ++c) {
    keys.push_back(std::string(1, c) + kEndless);
    keys.push_back(std::string(1, c) + "m");
    keys.push_back(std::string(1, static_cast<char>(c + 1)));
  }
  const auto any = [&] { return keys[random() % keys.size()]; };
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::pair<std::string, std::string>> ranges;  // outlives the spans
    for (std::size_t i = 0; i < 1 + random() % 8; ++i)
      ranges.emplace_back(any(), random() % 3 == 0 ? std::string() : any());
    PlainSpans plain;
    KeySpans all;
    KeySpans half;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      plain.add(ranges[i].first, ranges[i].second);
      (i % 2 == 0 ? all : half).add(ranges[i].first, ranges[i].second);
    }
    all.add(half);
    for (const std::string& key : keys)
      ASSERT_EQ(all.contains(key), plain.contains(key)) << "round " << round;
  }
}

}  // namespace
}  // namespace kv::api
