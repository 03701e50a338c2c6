// The store against the model, over thousands of random requests with compaction and reopening.
#include "tests/unit/mvcc/model.h"

#include "libraft/base/random.h"
#include "tests/unit/mvcc/store_fixture.h"

namespace kv {
namespace {

class AgainstTheModel : public StoreTest, public ::testing::WithParamInterface<std::uint64_t> {
 protected:
  std::string key() { return "k" + std::to_string(random_.below(60)); }

  std::string range_end() {
    switch (random_.below(4)) {
      case 0:
        return std::string(1, '\0');
      case 1:
        return key();
      default:
        return "";
    }
  }

  std::int64_t bound() {
    return random_.below(4) == 0
               ? static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(model_.revision) + 2))
               : 0;
  }

  RangeOp read() {
    RangeOp op;
    op.key = random_.below(3) == 0 ? std::string(1, '\0') : key();
    op.range_end = range_end();
    op.limit = static_cast<std::int64_t>(random_.below(12)) - 3;
    op.revision =
        random_.below(2) == 0
            ? 0
            : static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(model_.revision) + 3)) - 1;
    op.sort_order = static_cast<SortOrder>(random_.below(3));
    op.sort_target = static_cast<SortTarget>(random_.below(5));
    op.keys_only = random_.below(4) == 0;
    op.count_only = random_.below(6) == 0;
    if (random_.below(3) == 0) {
      op.min_mod_revision = bound();
      op.max_mod_revision = bound();
      op.min_create_revision = bound();
      op.max_create_revision = bound();
    }
    return op;
  }

  void compare(const std::expected<RangeResult, ReadFault>& found, const RangeOp& op) {
    const auto expected = model_.range(op);
    ASSERT_EQ(found.has_value(), expected.has_value());
    if (expected) {
      ASSERT_EQ(*found, *expected);
    } else {
      ASSERT_EQ(found.error().refused, expected.error());
    }
  }

  void change() {
    const std::string k = key();
    if (random_.below(3) != 0) {
      const std::string value = std::to_string(random_.below(50));
      const auto lease = static_cast<std::int64_t>(random_.below(3));
      store_->put(k, value, lease);
      model_.put(k, value, lease);
    } else {
      const std::string end = random_.below(4) == 0 ? "k" + std::to_string(random_.below(60)) : "";
      ASSERT_EQ(store_->delete_range(k, end), model_.remove(k, end));
    }
  }

  void one_request() {
    store_->begin_request();
    const std::uint64_t changes = random_.below(4);
    for (std::uint64_t i = 0; i < changes; ++i) {
      change();
      const RangeOp op = read();
      compare(store_->range(op), op);
    }
    store_->end_request();
    model_.end_request();
    ASSERT_EQ(store_->revision(), model_.revision);
  }

  void maybe_compact() {
    if (random_.below(40) != 0) return;
    const auto revision =
        static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(model_.revision) + 2));
    const auto compacted = store_->compact(revision);
    if (revision <= model_.compacted) {
      ASSERT_EQ(compacted.error(), KvError::kCompacted);
    } else if (revision > model_.revision) {
      ASSERT_EQ(compacted.error(), KvError::kFutureRevision);
    } else {
      ASSERT_TRUE(compacted);
      model_.compacted = revision;
    }
  }

  void check_all() {
    ASSERT_EQ(store_->view().revision(), model_.revision);
    ASSERT_EQ(store_->view().compacted_revision(), model_.compacted);
    for (int i = 0; i < 20; ++i) {
      const RangeOp op = read();
      compare(store_->view().range(op), op);
    }
  }

  raft::Random random_{GetParam()};
  Model model_;
};

TEST_P(AgainstTheModel, EveryAnswerIsTheModels) {
  cache_bytes_ = GetParam() % 2 == 0 ? 0 : 4096;
  reopen();
  for (int batch = 0; batch < 400; ++batch) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()) + " batch " + std::to_string(batch));
    const std::uint64_t requests = 1 + random_.below(4);
    for (std::uint64_t i = 0; i < requests; ++i) {
      one_request();
      maybe_compact();
    }
    commit();
    if (random_.below(3) == 0) {
      ASSERT_TRUE(store_->compact_some());
    }
    if (random_.below(60) == 0) reopen();
    if (random_.below(60) == 0) {
      compact_all();
      ASSERT_EQ(stored_records(), model_.kept());
    }
    check_all();
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, AgainstTheModel, ::testing::Range<std::uint64_t>(1, 7));

}  // namespace
}  // namespace kv
