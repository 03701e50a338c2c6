#include "libkv/lease/lease_row.h"

#include <gtest/gtest.h>

#include <limits>

namespace kv {
namespace {

using raft::ErrorCode;

TEST(LeaseRow, GivesBackWhatWasWritten) {
  constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
  for (const LeaseInfo& lease : {LeaseInfo{.id = 1, .ttl = 2, .remaining = 0},
                                 LeaseInfo{.id = -1, .ttl = 9000000000, .remaining = 300},
                                 LeaseInfo{.id = kLargest, .ttl = kLargest, .remaining = kLargest}}) {
    const auto [key, value] = lease_row(lease);
    const auto back = decode_lease(key, value);
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(*back, lease);
  }
}

TEST(LeaseRow, EveryFlippedBitAndEveryCutIsSeen) {
  const auto [key, value] = lease_row({.id = 7, .ttl = 60, .remaining = 20});
  for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
    std::string bad = value;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode_lease(key, bad)) << bit;
  }
  for (std::size_t size = 0; size < value.size(); ++size) {
    EXPECT_FALSE(decode_lease(key, std::string_view(value).substr(0, size))) << size;
  }
  EXPECT_FALSE(decode_lease(key, value + "x"));
  EXPECT_FALSE(decode_lease("l/short", value));
}

TEST(LeaseRow, TheRowOfAnotherLeaseIsNotTakenForIt) {
  const auto [key, value] = lease_row({.id = 7, .ttl = 60});
  const auto moved = decode_lease(lease_key(8), value);
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code, ErrorCode::kCorruption);
}

}  // namespace
}  // namespace kv
