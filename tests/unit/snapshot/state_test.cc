// A state read while writes go on, and built again somewhere else.
#include "libkv/mvcc/record.h"
#include "libraft/base/bytes.h"
#include "tests/unit/snapshot/snapshot_fixture.h"

namespace kv {
namespace {

class State : public SnapshotTest {
 protected:
  RangeResult all(const Store& store, std::int64_t revision = 0) {
    RangeOp op;
    op.key = op.range_end = std::string(1, '\0');
    op.revision = revision;
    auto found = store.view().range(op);
    EXPECT_TRUE(found.has_value());
    return found ? *found : RangeResult{};
  }
};

TEST_F(State, IsTheSameOnTheOtherSide) {
  for (int i = 0; i < 300; ++i) put("key" + std::to_string(i % 50), "value" + std::to_string(i));
  remove("key7");
  const auto received = receive(snapshot());
  ASSERT_TRUE(received) << received.error().text();
  EXPECT_EQ((*received)->applied(), store_->applied());
  EXPECT_EQ((*received)->chain(), store_->chain());
  EXPECT_EQ((*received)->revision(), store_->revision());
  EXPECT_EQ(*(*received)->rows("m/"), *store_->rows("m/"));
  EXPECT_EQ(*(*received)->rows("c/"), *store_->rows("c/"));
  EXPECT_EQ(*(*received)->rows("x/"), *store_->rows("x/"));
  for (const std::int64_t revision : {0, 20, 150, 301}) {
    EXPECT_EQ(all(**received, revision).kvs, all(*store_, revision).kvs);
  }
}

TEST_F(State, OfNothingIsAState) {
  const auto received = receive(snapshot());
  ASSERT_TRUE(received) << received.error().text();
  EXPECT_EQ((*received)->applied(), (raft::EntryId{raft::Index(1), raft::Term(1)}));
  EXPECT_EQ((*received)->revision(), 1);
}

TEST_F(State, GoesOnWhereItWas) {
  put("a", "1");
  auto received = receive(snapshot());
  ASSERT_TRUE(received);
  put("a", "2");
  store_.swap(*received);
  put("a", "2");
  EXPECT_EQ(store_->chain(), (*received)->chain());
  EXPECT_EQ(snapshot(), (store_.swap(*received), snapshot()));
}

TEST_F(State, OpensAgainWhereItWasReceived) {
  put("a", "1");
  ASSERT_TRUE(receive(snapshot()));
  const auto reopened = Store::open({.env = env_.get(), .path = "/new", .first_rows = {}, .first = {}});
  ASSERT_TRUE(reopened);
  EXPECT_EQ((*reopened)->chain(), store_->chain());
}

TEST_F(State, IsTheOneOfTheMomentItWasOpened) {
  put("a", "1");
  const auto reading = source();
  const std::string before = snapshot();
  for (int i = 0; i < 100; ++i) put("a", std::to_string(i));
  ASSERT_TRUE(store_->compact(store_->revision()));
  commit();
  while (*store_->compact_some()) {
  }
  EXPECT_EQ(read_all(*reading, 100), before);
}

TEST_F(State, CompactedHistoryStaysCompacted) {
  for (int i = 0; i < 20; ++i) put("a", std::to_string(i));
  ASSERT_TRUE(store_->compact(10));
  commit();
  while (*store_->compact_some()) {
  }
  const auto received = receive(snapshot());
  ASSERT_TRUE(received) << received.error().text();
  EXPECT_EQ((*received)->compacted_revision(), 10);
  EXPECT_EQ((*received)->chain(), store_->chain());
}

TEST_F(State, BytesDoNotDependOnBatches) {
  const auto put_two = [](Store& store) {
    for (const char* key : {"a", "b"}) {
      store.begin_request();
      store.put(key, "1", 0);
      store.end_request();
    }
  };
  put("x", "1");
  put_two(*store_);
  ASSERT_TRUE(store_->commit({raft::Index(9), raft::Term(2)}));
  const std::string in_one_batch = snapshot();
  store_ =
      *Store::open({.env = env_.get(),
                    .path = "/other",
                    .first_rows = {configuration_row(configuration()), {"m/12345678", "member"}, {"x/x", ""}},
                    .first = {raft::Index(1), raft::Term(1)}});
  put("x", "1");
  put("a", "1");
  put("b", "1");
  ASSERT_TRUE(store_->commit({raft::Index(9), raft::Term(2)}));
  EXPECT_EQ(snapshot(), in_one_batch);
}

TEST_F(State, PiecesOfAnySizeAreTheSame) {
  for (int i = 0; i < 100; ++i) put("key" + std::to_string(i), std::string(100, 'v'));
  const std::string bytes = snapshot();
  for (const std::size_t piece : {1U, 13U, 512U}) {
    EXPECT_EQ(read_all(*source(), piece), bytes);
    const auto received = receive(bytes, piece);
    ASSERT_TRUE(received) << received.error().text();
    EXPECT_EQ((*received)->chain(), store_->chain());
  }
}

TEST_F(State, ReplacesWhatWasInItsDirectory) {
  put("a", "1");
  const std::string older = snapshot();
  put("b", "1");
  ASSERT_TRUE(receive(snapshot()));
  const auto received = receive(older);
  ASSERT_TRUE(received) << received.error().text();
  EXPECT_EQ((*received)->revision(), 2);
}

TEST_F(State, ThatIsNotTakenLeavesNothing) {
  put("a", "1");
  {
    auto building = sink();
    ASSERT_TRUE(building->write(snapshot()));
    ASSERT_TRUE(building->finish());
    EXPECT_TRUE(left_behind());
  }
  EXPECT_FALSE(left_behind());
}

TEST_F(State, DamageOnTheDiskDoesNotTravel) {
  put("a", "1");
  store_->put_row(RecordKey({.main = 2, .sub = 0}), "not what was written");
  commit();
  const auto reading = source();
  const auto read = reading->read(1U << 20U);
  const auto more = read ? reading->read(1U << 20U) : read;
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, raft::ErrorCode::kCorruption);
  EXPECT_EQ(more.error().where, "r/2/0");
}

}  // namespace
}  // namespace kv
