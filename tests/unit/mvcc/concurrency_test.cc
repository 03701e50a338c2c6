// Readers on threads of their own while one writer applies and compacts: meant for ThreadSanitizer.
#include <atomic>
#include <thread>

#include "libraft/base/random.h"
#include "tests/unit/mvcc/store_fixture.h"

namespace kv {
namespace {

constexpr int kKeys = 200;

class Concurrency : public StoreTest {
 protected:
  /// Every request writes one key twice as "pair/a<i>" and "pair/b<i>": they must never be seen apart.
  void write_pairs(int batches) {
    raft::Random random(5);
    for (int batch = 0; batch < batches; ++batch) {
      for (int i = 0; i < 5; ++i) {
        const std::string which = std::to_string(random.below(kKeys));
        const std::string value = std::to_string(batch * 5 + i);
        store_->begin_request();
        if (random.below(10) == 0) {
          store_->delete_range("pair/a" + which, "");
          store_->delete_range("pair/b" + which, "");
        } else {
          store_->put("pair/a" + which, value, 0);
          store_->put("pair/b" + which, value, 0);
        }
        store_->end_request();
      }
      if (batch % 20 == 19) {
        ASSERT_TRUE(store_->compact(store_->revision() - 10));
      }
      commit();
      ASSERT_TRUE(store_->compact_some());
    }
  }

  void read_until(const std::atomic<bool>& stop, std::uint64_t seed) {
    raft::Random random(seed);
    while (!stop.load()) {
      const ReadView view = store_->view();
      const std::int64_t oldest = std::max<std::int64_t>(view.compacted_revision(), 1);
      const std::int64_t revision =
          oldest +
          static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(view.revision() - oldest) + 1));
      const std::string which = std::to_string(random.below(kKeys));
      const auto a = view.range(one("pair/a" + which, revision));
      const auto b = view.range(one("pair/b" + which, revision));
      ASSERT_TRUE(a.has_value() && b.has_value());
      ASSERT_EQ(a->count, b->count);
      if (a->count != 0) {
        ASSERT_EQ(a->kvs[0].value, b->kvs[0].value);
      }
      if (random.below(16) != 0) continue;
      const auto all_a = view.range(between("pair/a", "pair/b", revision));
      const auto all_b = view.range(between("pair/b", "pair/c", revision));
      ASSERT_TRUE(all_a.has_value() && all_b.has_value());
      ASSERT_EQ(all_a->kvs.size(), static_cast<std::size_t>(all_a->count));
      ASSERT_EQ(all_a->count, all_b->count);
    }
  }
};

TEST_F(Concurrency, ReadersSeeWholeRequestsOfOneRevision) {
  cache_bytes_ = 8192;  // most reads go to the disk
  reopen();
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    readers.emplace_back([this, &stop, seed] { read_until(stop, seed); });
  }
  write_pairs(400);
  stop.store(true);
  for (std::thread& reader : readers) reader.join();
  compact_all();
  EXPECT_EQ(store_->generations(), 1U);
  reopen();
}

}  // namespace
}  // namespace kv
