// A snapshot as the first state of another cluster.
#include "libkv/snapshot/rebase.h"

#include <limits>

#include "tests/unit/snapshot/snapshot_fixture.h"

namespace kv {
namespace {

constexpr std::uint64_t kNewCluster = 0xbeef;

class Restore : public SnapshotTest {
 protected:
  static RebaseOptions options() {
    return {.cluster_id = kNewCluster,
            .first = {raft::Index(1), raft::Term(1)},
            .configuration = {raft::Index(1), {.voters = {raft::NodeId(8)}}},
            .members = {{"m/eight...", "new"}},
            .bump = 1000};
  }

  raft::Result<std::unique_ptr<Store>> rebased(const RebaseOptions& options, std::size_t piece = 100) {
    const std::string bytes = snapshot();
    Rebase rebase(options);
    auto building = sink(kNewCluster);
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      RETURN_IF_ERROR(rebase.push(std::string_view(bytes).substr(at, piece)));
      RETURN_IF_ERROR(building->write(rebase.take()));
    }
    auto whole = rebase.finish();
    if (!whole) return raft::fail(whole.error());
    RETURN_IF_ERROR(building->write(rebase.take()));
    auto header = building->finish();
    if (!header) return raft::fail(header.error());
    return building->take();
  }

  static std::expected<RangeResult, ReadFault> read(const Store& store, std::int64_t revision) {
    RangeOp op;
    op.key = op.range_end = std::string(1, '\0');
    op.revision = revision;
    return store.view().range(op);
  }
};

TEST_F(Restore, KeepsEveryKeyAndMovesTheRevisionForward) {
  for (int i = 0; i < 30; ++i) put("key" + std::to_string(i % 7), std::to_string(i));
  remove("key3");
  const auto made = rebased(options());
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ((*made)->revision(), store_->revision() + 1000);
  EXPECT_EQ((*made)->compacted_revision(), (*made)->revision());
  EXPECT_EQ((*made)->applied(), (raft::EntryId{raft::Index(1), raft::Term(1)}));
  EXPECT_EQ(read(**made, 0)->kvs, read(*store_, 0)->kvs);
  EXPECT_EQ((*made)->chain(), store_->chain());
}

TEST_F(Restore, KeepsUsersAndRolesAndThatAuthenticationIsOn) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"k/auth", "on"}, {"o/writer", "permissions"}, {"u/alice", "hash"}, {"u/root", "hash"}};
  for (const auto& [key, value] : rows) store_->put_row(key, value);
  store_->put_row("s/session", "result");
  put("a", "1");
  const auto made = rebased(options());
  ASSERT_TRUE(made) << made.error().text();
  for (const auto& row : rows) EXPECT_EQ((*made)->rows(row.first).value(), std::vector{row});
  EXPECT_TRUE((*made)->rows("s/")->empty());
}

TEST_F(Restore, WhatIsOlderCountsAsCompacted) {
  put("a", "1");
  put("a", "2");
  const auto made = rebased(options());
  ASSERT_TRUE(made);
  EXPECT_EQ(read(**made, 3).error().refused, KvError::kCompacted);
  EXPECT_TRUE(read(**made, 1003));
}

TEST_F(Restore, GoesOnBehindTheNewRevision) {
  put("a", "1");
  store_ = *rebased(options());
  put("b", "2");
  EXPECT_EQ(store_->revision(), 1003);
  EXPECT_EQ(read(*store_, 0)->kvs.size(), 2U);
  while (*store_->compact_some()) {
  }
  store_.reset();
  const auto reopened = Store::open({.env = env_.get(), .path = "/new", .first_rows = {}, .first = {}});
  ASSERT_TRUE(reopened) << reopened.error().text();
  EXPECT_EQ(read(**reopened, 0)->kvs.size(), 2U);
}

TEST_F(Restore, ReplacesMembersAndConfiguration) {
  const auto made = rebased(options());
  ASSERT_TRUE(made);
  const auto members = (*made)->rows("m/");
  ASSERT_TRUE(members);
  EXPECT_EQ(*members, options().members);
  const auto configurations = (*made)->rows("c/");
  ASSERT_TRUE(configurations);
  EXPECT_EQ(configurations->back(), configuration_row(options().configuration));
  EXPECT_EQ((*(*made)->rows("x/")).size(), 1U) << "other tables stay";
}

TEST_F(Restore, LeavesOutWhatBelongedToClientsOfTheOldCluster) {
  put("a", "1");
  store_->put_row("s/", "sessions");
  store_->put_row("s/whatever", "one");
  put("b", "2");
  const auto made = rebased(options());
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_TRUE((*made)->rows("s/")->empty());
  EXPECT_EQ(read(**made, 0)->count, 2);
}

TEST_F(Restore, WithoutABumpGoesOnWhereItWas) {
  put("a", "1");
  put("a", "2");
  RebaseOptions same = options();
  same.bump = 0;
  const auto made = rebased(same);
  ASSERT_TRUE(made);
  EXPECT_EQ((*made)->revision(), 3);
  EXPECT_EQ(read(**made, 2)->kvs[0].value, "1");
}

TEST_F(Restore, WithoutABumpTheHistoryMayBeCompacted) {
  put("a", "1");
  put("a", "2");
  RebaseOptions same = options();
  same.bump = 0;
  same.mark_compacted = true;
  const auto made = rebased(same);
  ASSERT_TRUE(made);
  EXPECT_EQ((*made)->revision(), 3);
  EXPECT_EQ(read(**made, 2).error().refused, KvError::kCompacted);
}

TEST_F(Restore, ABumpThatDoesNotFitIsALimit) {
  RebaseOptions far = options();
  far.bump = std::numeric_limits<std::int64_t>::max();
  const auto made = rebased(far);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, raft::ErrorCode::kLimit);
}

TEST_F(Restore, OfACutSnapshotIsRefused) {
  put("a", "1");
  const std::string bytes = snapshot();
  Rebase rebase(options());
  ASSERT_TRUE(rebase.push(std::string_view(bytes).substr(0, bytes.size() - 1)));
  EXPECT_FALSE(rebase.finish());
}

}  // namespace
}  // namespace kv
