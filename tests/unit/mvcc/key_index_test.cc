#include "libkv/mvcc/key_index.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "libkv/mvcc/generation.h"
#include "libraft/base/random.h"

namespace kv {
namespace {

/// Key -> versions, ascending: what the index must say.
using Model = std::map<std::string, std::vector<OldVersion>>;

/// An index with its generations and the model it is compared with.
class IndexUnderTest {
 public:
  void record(const std::string& key, bool deleted) {
    ++main_;
    index_.record(key, [&](const Entry*) {
      return NewVersion{.revision = {main_, 0}, .create = 1, .version = 1, .size = 10, .deleted = deleted};
    });
    model_[key].push_back({.main = main_, .sub = 0, .size = 10, .deleted = deleted ? 1U : 0U});
  }

  void compact(std::int64_t at) {
    std::string cursor;
    for (;;) {
      const IndexCursor next = index_.view().seek_aged(cursor);
      if (!next.valid()) break;
      const std::string key(next.key());
      std::vector<OldVersion> removed;
      index_.compact_key(key, at, removed);
      auto& versions = model_.at(key);
      EXPECT_EQ(removed.size(), removable(versions, at));
      versions.erase(versions.begin(), versions.begin() + static_cast<std::ptrdiff_t>(removed.size()));
      if (versions.empty()) model_.erase(key);
      cursor = key + '\0';
    }
    for (const auto& [key, versions] : model_) EXPECT_EQ(removable(versions, at), 0U) << key;
  }

  GenerationPin publish() {
    const EditNumber number = index_.edit();
    return generations_.open(number, kNeverCompacted, index_.finish_edit());
  }

  NodePool pool_;
  KeyIndex index_{pool_};
  GenerationList generations_{pool_};
  Model model_;
  std::int64_t main_ = 1;
};

std::uint64_t live_between(const Model& model, const std::string& begin, const std::string& end) {
  std::uint64_t live = 0;
  for (auto at = model.lower_bound(begin); at != model.end() && at->first < end; ++at) {
    if (at->second.back().deleted == 0) ++live;
  }
  return live;
}

/// Totals of every inner node are the sums of what is below; separators bound their children.
void check_structure(const Node* node, std::string_view low, const std::string_view* high) {
  if (node->leaf) {
    const Leaf& leaf = as_leaf(*node);
    Totals totals;
    for (std::size_t i = 0; i < leaf.size(); ++i) {
      totals.live += leaf.entries[i].deleted == 0 ? 1U : 0U;
      totals.aged += leaf.entries[i].aged() ? 1U : 0U;
      ASSERT_GE(leaf.keys[i], low);
      if (high != nullptr) {
        ASSERT_LT(leaf.keys[i], *high);
      }
      if (i > 0) {
        ASSERT_LT(leaf.keys[i - 1], leaf.keys[i]);
      }
    }
    ASSERT_EQ(totals.live, leaf.totals.live);
    ASSERT_EQ(totals.aged, leaf.totals.aged);
    return;
  }
  const Inner& inner = as_inner(*node);
  ASSERT_EQ(inner.separators.size() + 1, inner.size);
  for (std::size_t i = 0; i < inner.size; ++i) {
    const std::string_view bound = i + 1 < inner.size ? inner.separators[i] : std::string_view();
    check_structure(inner.children[i], i == 0 ? low : inner.separators[i - 1],
                    i + 1 < inner.size ? &bound : high);
    ASSERT_EQ(totals_of(*inner.children[i]).live, inner.totals[i].live);
    ASSERT_EQ(totals_of(*inner.children[i]).aged, inner.totals[i].aged);
  }
}

void expect_same(const IndexView& view, const Model& model) {
  IndexCursor cursor = view.seek("");
  for (const auto& [key, versions] : model) {
    ASSERT_TRUE(cursor.valid());
    ASSERT_EQ(cursor.key(), key);
    const std::vector<OldVersion> found = all_versions(cursor.entry());
    ASSERT_EQ(found.size(), versions.size()) << key;
    for (std::size_t i = 0; i < found.size(); ++i) {
      ASSERT_EQ(found[i].revision(), versions[i].revision());
      ASSERT_EQ(found[i].deleted, versions[i].deleted);
    }
    cursor.next();
  }
  ASSERT_FALSE(cursor.valid());
}

std::string random_key(raft::Random& random, std::uint64_t space) {
  std::string key = "key/" + std::to_string(random.below(space));
  if (random.below(50) == 0) key += std::string(random.below(9000), 'x');  // splits by bytes
  return key;
}

TEST(KeyIndex, AgreesWithAMapOfVersionsOverRandomChangesAndCompactions) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    raft::Random random(seed);
    IndexUnderTest under_test;
    for (int step = 1; step <= 12000; ++step) {
      const std::string key = random_key(random, seed * 900);
      const auto known = under_test.model_.find(key);
      const bool alive = known != under_test.model_.end() && known->second.back().deleted == 0;
      under_test.record(key, alive && random.below(5) < 2);
      if (step % 50 == 0) under_test.publish().release();
      if (step % 3000 == 0) {
        under_test.compact(under_test.main_ - static_cast<std::int64_t>(random.below(500)));
        under_test.generations_.sweep();
      }
      if (step % 1000 != 0) continue;
      check_structure(under_test.index_.root(), "", nullptr);
      expect_same(under_test.index_.view(), under_test.model_);
      for (int i = 0; i < 100; ++i) {
        const std::string begin = random_key(random, seed * 900);
        const std::string end = random_key(random, seed * 900);
        ASSERT_EQ(under_test.index_.view().count_live(key_range(begin, end)),
                  live_between(under_test.model_, begin, end))
            << "seed " << seed;
      }
    }
  }
}

TEST(KeyIndex, APublishedRootNeverChanges) {
  raft::Random random(11);
  IndexUnderTest under_test;
  struct Old {
    IndexView view;
    Model model;
    GenerationPin pin;
  };
  std::vector<Old> old;
  for (int step = 1; step <= 6000; ++step) {
    under_test.record("k" + std::to_string(random.below(700)), random.below(3) == 0);
    if (step % 20 == 0) {
      const IndexView view = under_test.index_.view();
      const GenerationPin pin = under_test.publish();
      if (step % 600 == 0) {
        old.push_back({view, under_test.model_, pin});
      } else {
        pin.release();
      }
      under_test.generations_.sweep();
    }
  }
  for (const Old& one : old) {
    for (IndexCursor cursor = one.view.seek(""); cursor.valid(); cursor.next()) {
      // The chunk under an old entry may have grown behind it; what the entry counts is what it was.
      const auto& versions = one.model.at(std::string(cursor.key()));
      ASSERT_EQ(all_versions(cursor.entry()).size(), versions.size());
      ASSERT_EQ(cursor.entry().revision(), versions.back().revision());
    }
    EXPECT_EQ(one.view.count_live(key_range("k", "l")), live_between(one.model, "k", "l"));
  }
  for (const Old& one : old) one.pin.release();
  under_test.generations_.sweep();
  EXPECT_EQ(under_test.generations_.live(), 0U);
  EXPECT_EQ(under_test.generations_.waiting(), 0U);
}

TEST(KeyIndex, KeysInOrderFillTheirLeaves) {
  IndexUnderTest under_test;
  for (int i = 0; i < static_cast<int>(kFanout * kFanout); ++i) {
    char key[16];
    snprintf(key, sizeof key, "%08d", i);
    under_test.record(key, false);
  }
  const Inner& root = as_inner(*under_test.index_.root());
  std::size_t leaves = 0;
  for (std::size_t i = 0; i < root.size; ++i) {
    leaves += root.children[i]->leaf ? 1 : as_inner(*root.children[i]).size;
  }
  EXPECT_LE(leaves, kFanout + 2);
}

TEST(KeyIndex, EmptiesWhenEveryKeyIsDeletedAndCompacted) {
  IndexUnderTest under_test;
  for (int i = 0; i < 5000; ++i) under_test.record("k" + std::to_string(i), false);
  for (int i = 0; i < 5000; ++i) under_test.record("k" + std::to_string(i), true);
  EXPECT_EQ(under_test.index_.view().totals().live, 0U);
  under_test.compact(under_test.main_ + 1);
  EXPECT_FALSE(under_test.index_.view().seek("").valid());
  EXPECT_EQ(under_test.index_.view().find("k1"), nullptr);
  under_test.record("again", false);
  EXPECT_EQ(under_test.index_.view().count_live(key_range("a", "b")), 1U);
}

TEST(KeyIndex, OneReaderHoldsOneVersionHoweverManyEditsPass) {
  IndexUnderTest under_test;
  for (int i = 0; i < 640; ++i) under_test.record("k" + std::to_string(i), false);
  const GenerationPin held = under_test.publish();
  for (int i = 0; i < 1000; ++i) {
    under_test.record("k1", false);
    under_test.publish().release();
    under_test.generations_.sweep();
  }
  // The path that was replaced once, not a thousand times.
  EXPECT_LE(under_test.generations_.waiting(), 4U);
  held.release();
  under_test.generations_.sweep();
  EXPECT_EQ(under_test.generations_.waiting(), 0U);
}

}  // namespace
}  // namespace kv
