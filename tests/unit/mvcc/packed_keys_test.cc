#include "libkv/mvcc/packed_keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "libraft/base/random.h"

namespace kv {
namespace {

std::vector<std::string> contents(const PackedKeys& keys) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < keys.size(); ++i) all.emplace_back(keys[i]);
  return all;
}

TEST(PackedKeys, BehavesAsAVectorOfStrings) {
  raft::Random random(3);
  PackedKeys keys;
  std::vector<std::string> model;
  for (int step = 0; step < 20000; ++step) {
    const std::size_t at = random.below(model.size() + 1);
    if (model.size() < kFanout && random.below(2) == 0) {
      const std::string key(random.below(40), static_cast<char>('a' + random.below(26)));
      keys.insert(at, key);
      model.insert(model.begin() + static_cast<std::ptrdiff_t>(at), key);
    } else if (at < model.size()) {
      keys.erase(at);
      model.erase(model.begin() + static_cast<std::ptrdiff_t>(at));
    }
    ASSERT_EQ(contents(keys), model);
  }
}

TEST(PackedKeys, BoundsAreThoseOfTheSortedOrder) {
  PackedKeys keys;
  const std::vector<std::string> model = {"", "a", "ab", "b", std::string("b\0", 2), "\xff"};
  for (const std::string& key : model) keys.insert(keys.size(), key);
  for (const std::string& key : {std::string(), std::string("a"), std::string("aa"), std::string("b"),
                                 std::string("b\0", 2), std::string("c"), std::string("\xff\xff")}) {
    EXPECT_EQ(keys.lower_bound(key), std::lower_bound(model.begin(), model.end(), key) - model.begin());
    EXPECT_EQ(keys.upper_bound(key), std::upper_bound(model.begin(), model.end(), key) - model.begin());
  }
}

TEST(PackedKeys, ATailMovesBehindTheKeysOfAnother) {
  PackedKeys left;
  PackedKeys right;
  for (const char* key : {"one", "two", "three", "four"}) left.insert(left.size(), key);
  right.insert(0, "zero");
  left.move_tail(1, right);
  EXPECT_EQ(contents(left), (std::vector<std::string>{"one"}));
  EXPECT_EQ(contents(right), (std::vector<std::string>{"zero", "two", "three", "four"}));
  left.append(right);
  EXPECT_EQ(left.size(), 5U);
  EXPECT_EQ(left.bytes(), 3U + 4 + 3 + 5 + 4);
}

}  // namespace
}  // namespace kv
