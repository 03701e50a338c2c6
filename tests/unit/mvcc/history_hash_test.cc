// Contract section 7.2, with the vectors of its appendix B, which are etcd's own.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/unit/mvcc/store_fixture.h"

namespace kv {
namespace {

class HashTest : public StoreTest {
 protected:
  HistoryHash hash(std::int64_t revision = 0) {
    const auto hashed = store_->view().hash(revision, [] { return false; });
    if (!hashed || !hashed->has_value()) {
      ADD_FAILURE();
      return {};
    }
    return **hashed;
  }

  KvError refusal(std::int64_t revision) {
    const auto hashed = store_->view().hash(revision, [] { return false; });
    return hashed ? KvError::kUnknownCommand : hashed.error().refused.value();
  }
};

TEST_F(HashTest, OfAnEmptyStoreIsEtcds) {
  EXPECT_EQ(hash().hash, 1084519789U);
  EXPECT_EQ(hash().compacted, -1);
  EXPECT_EQ(hash().revision, 1);
}

TEST_F(HashTest, OfAFewChangesIsEtcds) {
  put("foo", "bar");
  EXPECT_EQ(hash().hash, 3305255506U);
  put("foo", "bar1");
  EXPECT_EQ(hash().hash, 3324146857U);
  remove("foo");
  EXPECT_EQ(hash().hash, 4182110496U);
  put("a", "1");
  EXPECT_EQ(hash().hash, 813235461U);
  EXPECT_EQ(hash(3).hash, 3324146857U) << "up to a revision in the past";
  compact(4);
  EXPECT_EQ(hash(5).hash, 2007788419U) << "before the space is free";
  compact_all();
  EXPECT_EQ(hash(5).hash, 2007788419U) << "and after";
  EXPECT_EQ(hash(5).compacted, 4);
  reopen();
  EXPECT_EQ(hash(5).hash, 2007788419U);
}

TEST_F(HashTest, OfEtcdsSeriesWithCompactionsIsEtcds) {
  struct Expected {
    std::uint32_t hash;
    std::int64_t compacted, revision;
  };
  constexpr auto kExpected = std::to_array<Expected>({{4082599214U, -1, 35},
                                                      {2279933401U, 35, 106},
                                                      {3284231217U, 106, 177},
                                                      {126286495U, 177, 248},
                                                      {900108730U, 248, 319},
                                                      {2475485232U, 319, 390}});
  constexpr std::array kNames = {"alice", "bob", "celine", "dominik", "eve", "frederica", "gorge"};
  const auto key = [&kNames](std::size_t i) -> std::string {
    if (i % 142 == 30) return "zenek";
    if (i % 71 == 30) return "xavery";
    return kNames[i % 7];
  };
  std::size_t base = 0;
  for (const Expected& expected : kExpected) {
    for (std::size_t i = base; i <= base + 71; ++i) put(key(i), std::to_string(i));
    base += 71;
    const HistoryHash found = hash(expected.revision);
    EXPECT_EQ(found.hash, expected.hash) << expected.revision;
    EXPECT_EQ(found.compacted, expected.compacted);
    compact(expected.revision);
    compact_all();
  }
}

TEST_F(HashTest, CoversTheLease) {
  request([](Store& store) { store.put("a", "1", 7); });
  const HistoryHash with_lease = hash();
  remove("a");
  request([](Store& store) { store.put("a", "1", 0); });
  EXPECT_NE(hash().hash, with_lease.hash);
}

TEST_F(HashTest, OfWhatIsGoneOrToComeIsRefused) {
  put("a", "1");
  put("a", "2");
  compact(3);
  EXPECT_EQ(refusal(2), KvError::kCompacted);
  EXPECT_EQ(refusal(4), KvError::kFutureRevision);
  EXPECT_EQ(hash(3).revision, 3);
}

TEST_F(HashTest, EndsWhenNobodyWantsItAnyMore) {
  request([](Store& store) {
    for (int i = 0; i < 3000; ++i) store.put(std::to_string(i), "v", 0);
  });
  int asked = 0;
  const auto hashed = store_->view().hash(0, [&asked] { return ++asked == 2; });
  ASSERT_TRUE(hashed.has_value());
  EXPECT_FALSE(hashed->has_value());
  EXPECT_EQ(asked, 2);
}

}  // namespace
}  // namespace kv
