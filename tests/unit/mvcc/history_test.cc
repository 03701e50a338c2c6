#include "libkv/mvcc/history.h"

#include <gtest/gtest.h>

namespace kv {
namespace {

OldVersion version(std::int64_t main, bool deleted = false, std::uint32_t sub = 0) {
  return {.main = main, .sub = sub, .size = 1, .deleted = deleted ? 1U : 0U};
}

struct Key {
  explicit Key(int versions) {
    entry.main = 10;
    for (int i = 1; i < versions; ++i) {
      push_history(entry, 1);
      entry.main += 10;
    }
  }
  ~Key() {
    std::vector<Retired> retired;
    keep_newest_history(entry, 0, 2, retired);
    for (const Retired& item : retired) NodePool::free(item.chunk);
  }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  Entry entry{};
};

TEST(History, FindsTheVersionOfEveryRevision) {
  const Key key(3000);
  EXPECT_FALSE(version_at(key.entry, 9));
  for (std::int64_t main = 10; main < 30100; main += 7) {
    ASSERT_EQ(version_at(key.entry, main)->main, std::min<std::int64_t>(main / 10 * 10, 30000));
  }
  EXPECT_EQ(all_versions(key.entry).size(), 3000U);
}

TEST(History, AnEntryTakenBeforeAnAppendDoesNotSeeIt) {
  Key key(3);
  const Entry before = key.entry;
  push_history(key.entry, 2);
  key.entry.main = 40;
  EXPECT_EQ(all_versions(before).size(), 3U);
  EXPECT_EQ(all_versions(key.entry).size(), 4U);
  EXPECT_EQ(before.history, key.entry.history) << "an append copies nothing";
}

TEST(History, CompactionKeepsTheNewestVersionAtOrBelowTheRevision) {
  const std::vector<OldVersion> versions = {version(2), version(4), version(6)};
  EXPECT_EQ(removable(versions, 1), 0U);
  EXPECT_EQ(removable(versions, 2), 0U);
  EXPECT_EQ(removable(versions, 3), 0U);
  EXPECT_EQ(removable(versions, 4), 1U);
  EXPECT_EQ(removable(versions, 9), 2U);
}

TEST(History, CompactionDropsATombstoneBelowTheRevisionAndKeepsOneAtIt) {
  const std::vector<OldVersion> versions = {version(2), version(4, true), version(6)};
  EXPECT_EQ(removable(versions, 4), 1U);
  EXPECT_EQ(removable(versions, 5), 2U);
  EXPECT_EQ(removable({version(2), version(4, true)}, 5), 2U);
  EXPECT_EQ(removable({version(2, true, 0), version(2, false, 1)}, 2), 1U);
}

TEST(History, KeepsTheNewestVersionsOfALongChain) {
  Key key(1000);
  std::vector<Retired> retired;
  keep_newest_history(key.entry, 300, 2, retired);
  for (const Retired& item : retired) NodePool::free(item.chunk);
  const auto versions = all_versions(key.entry);
  ASSERT_EQ(versions.size(), 301U);
  EXPECT_EQ(versions.front().main, 10000 - 3000);
  EXPECT_EQ(version_at(key.entry, 9995)->main, 9990);
}

}  // namespace
}  // namespace kv
