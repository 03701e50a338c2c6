#include "libkv/watch/watch_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>

#include "libraft/base/random.h"

namespace kv {
namespace {

class WatchIndexTest : public ::testing::Test {
 protected:
  Watcher& add(const std::string& key, const std::string& range_end) {
    watchers_.push_back(std::make_unique<Watcher>(stream_, WatchRequest{.key = key, .range_end = range_end}));
    index_.add(*watchers_.back());
    return *watchers_.back();
  }
  std::multiset<const Watcher*> found(std::string_view key) const {
    std::multiset<const Watcher*> all;
    index_.visit(key, [&](Watcher& watcher) { all.insert(&watcher); });
    return all;
  }
  /// What looking at every watcher would find.
  std::multiset<const Watcher*> expected(std::string_view key) const {
    std::multiset<const Watcher*> all;
    for (const auto& watcher : watchers_) {
      if (watcher->range.contains(key)) all.insert(watcher.get());
    }
    return all;
  }

  WatchedStream stream_;
  WatchIndex index_{7};
  std::vector<std::unique_ptr<Watcher>> watchers_;
};

TEST_F(WatchIndexTest, FindsExactKeysAndRanges) {
  const Watcher& exact = add("b", "");
  const Watcher& range = add("a", "c");
  const Watcher& from = add("b", std::string(1, '\0'));
  EXPECT_EQ(found("a"), (std::multiset<const Watcher*>{&range}));
  EXPECT_EQ(found("b"), (std::multiset<const Watcher*>{&exact, &range, &from}));
  EXPECT_EQ(found("c"), (std::multiset<const Watcher*>{&from}));
  EXPECT_TRUE(found("").empty());
}

TEST_F(WatchIndexTest, SeveralMayWatchTheSame) {
  Watcher& first = add("a", "b");
  const Watcher& second = add("a", "b");
  Watcher& third = add("k", "");
  const Watcher& fourth = add("k", "");
  index_.remove(first);
  index_.remove(third);
  EXPECT_EQ(found("a"), (std::multiset<const Watcher*>{&second}));
  EXPECT_EQ(found("k"), (std::multiset<const Watcher*>{&fourth}));
}

TEST_F(WatchIndexTest, AgreesWithLookingAtEveryWatcher) {
  raft::Random random(3);
  const auto key = [&] {
    std::string text;
    for (std::uint64_t i = random.below(4); i > 0; --i) text += static_cast<char>('a' + random.below(3));
    return text;
  };
  for (int round = 0; round < 4000; ++round) {
    if (watchers_.size() < 40 || random.below(2) == 0) {
      const std::uint64_t kind = random.below(3);
      std::string begin = key();
      std::string end = kind == 0 ? "" : kind == 1 ? std::string(1, '\0') : key();
      if (kind == 2 && end <= begin) end = begin + "x";
      add(begin, end);
    } else {
      const auto doomed = watchers_.begin() + static_cast<std::ptrdiff_t>(random.below(watchers_.size()));
      index_.remove(**doomed);
      watchers_.erase(doomed);
    }
    const std::string probe = key();
    ASSERT_EQ(found(probe), expected(probe)) << "round " << round << " key " << probe;
  }
}

}  // namespace
}  // namespace kv
