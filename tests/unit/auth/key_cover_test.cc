#include "libkv/auth/key_cover.h"

#include <gtest/gtest.h>

namespace kv {
namespace {

using namespace std::string_literals;

constexpr auto kRead = PermissionType::kRead;
constexpr auto kWrite = PermissionType::kWrite;
constexpr auto kBoth = PermissionType::kReadWrite;

/// The end that is reached from `key`; "nowhere", or "endless".
std::string reached(const KeyCover& cover, std::string_view key) {
  KeyEnd end;
  if (!cover.reach(key, end)) return "nowhere";
  return end ? std::string(*end) : "endless";
}

TEST(KeyCover, OfNothingReachesNothing) {
  EXPECT_EQ(reached(KeyCover(), "a"), "nowhere");
  EXPECT_EQ(reached(KeyCover({}, kRead), ""), "nowhere");
}

TEST(KeyCover, OneKeyIsItselfAndNoMore) {
  const KeyCover cover({{kRead, "b", ""}}, kRead);
  EXPECT_EQ(reached(cover, "b"), "b\0"s);
  for (const auto& other : {"a"s, "b\0"s, "ba"s, "c"s, ""s}) EXPECT_EQ(reached(cover, other), "nowhere");
}

TEST(KeyCover, ARangeEndsInFrontOfItsEnd) {
  const KeyCover cover({{kRead, "b", "d"}}, kRead);
  for (const auto& inside : {"b"s, "b\0"s, "c"s, "czzz"s}) EXPECT_EQ(reached(cover, inside), "d");
  for (const auto& outside : {"a"s, "azzz"s, "d"s, "e"s}) EXPECT_EQ(reached(cover, outside), "nowhere");
}

TEST(KeyCover, FromAKeyOnThereIsNoEnd) {
  const KeyCover cover({{kRead, "b", "\0"s}}, kRead);
  EXPECT_EQ(reached(cover, "b"), "endless");
  EXPECT_EQ(reached(cover, "\xff\xff"), "endless");
  EXPECT_EQ(reached(cover, "a"), "nowhere");
}

TEST(KeyCover, NeighboursAndOverlapsAreOne) {
  const KeyCover cover({{kRead, "a", "c"}, {kRead, "b", "d"}, {kRead, "d", "f"}, {kRead, "g", "h"}}, kRead);
  EXPECT_EQ(reached(cover, "a"), "f");
  EXPECT_EQ(reached(cover, "f"), "nowhere");
  EXPECT_EQ(reached(cover, "g"), "h");
}

TEST(KeyCover, AKeyAndTheRangeBehindItAreOne) {
  const KeyCover cover({{kRead, "a", ""}, {kRead, "a\0"s, "c"}}, kRead);
  EXPECT_EQ(reached(cover, "a"), "c");
}

TEST(KeyCover, ARangeInsideAnotherTakesNothingAway) {
  const KeyCover cover({{kRead, "a", "z"}, {kRead, "b", "c"}, {kRead, "c", ""}}, kRead);
  EXPECT_EQ(reached(cover, "y"), "z");
  const KeyCover endless({{kRead, "a", "\0"s}, {kRead, "b", "c"}}, kRead);
  EXPECT_EQ(reached(endless, "d"), "endless");
}

TEST(KeyCover, HasOnlyThePermissionsOfItsKind) {
  const std::vector<Permission> mixed{{kRead, "a", "b"}, {kWrite, "b", "c"}, {kBoth, "c", "d"}};
  const KeyCover readable(mixed, kRead);
  const KeyCover writable(mixed, kWrite);
  EXPECT_EQ(reached(readable, "a"), "b");
  EXPECT_EQ(reached(readable, "b"), "nowhere");
  EXPECT_EQ(reached(readable, "c"), "d");
  EXPECT_EQ(reached(writable, "a"), "nowhere");
  EXPECT_EQ(reached(writable, "b"), "d");
}

TEST(KeyCover, AnEmptyRangeCoversNothing) {
  EXPECT_EQ(reached(KeyCover({{kRead, "b", "a"}}, kRead), "b"), "nowhere");
  EXPECT_EQ(reached(KeyCover({{kRead, "b", "b"}}, kRead), "b"), "nowhere");
}

}  // namespace
}  // namespace kv
