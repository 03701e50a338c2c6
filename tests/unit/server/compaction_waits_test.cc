#include "libkv/server/compaction_waits.h"

#include <gtest/gtest.h>

#include "tests/unit/server/members_fixture.h"

namespace kv {
namespace {

using namespace std::chrono_literals;
using Deleted = std::expected<void, ServerError>;

class CompactionWaitsTest : public testing::Members {
 protected:
  /// Three versions of one key, of which compaction forgets two.
  void compact() {
    for (const char* value : {"1", "2", "3"}) {
      ASSERT_TRUE(leader().write(PutOp{.key = "k", .value = value})->result);
    }
    ASSERT_TRUE(leader().write(CompactOp{.revision = 4})->result);
  }
  std::future<Deleted> await() {
    auto answer = std::make_shared<std::promise<Deleted>>();
    leader().server->await_compaction([answer](const Deleted& got) { answer->set_value(got); });
    return answer->get_future();
  }
};

TEST_F(CompactionWaitsTest, EndWhenTheRecordsAreDeleted) {
  start(1);
  compact();
  auto deleted = await();
  ASSERT_EQ(deleted.wait_for(testing::kPatience), std::future_status::ready);
  EXPECT_TRUE(deleted.get());
}

TEST_F(CompactionWaitsTest, LastAsLongAsAReaderKeepsTheRecordsAndEndWithTheMember) {
  start(1);
  ASSERT_TRUE(leader().write(PutOp{.key = "k", .value = "0"})->result);
  std::optional<ReadView> reader = leader().server->local_view();
  compact();
  auto deleted = await();
  ASSERT_TRUE(leader().write(PutOp{.key = "other", .value = "v"})->result);
  EXPECT_EQ(deleted.wait_for(0s), std::future_status::timeout);
  leader().server->stop();
  ASSERT_EQ(deleted.wait_for(testing::kPatience), std::future_status::ready);
  EXPECT_EQ(deleted.get(), Deleted(std::unexpected(ServerError::kStopped)));
  reader.reset();
}

TEST(CompactionWaits, AreAnsweredAtOnceByAMemberThatHasStopped) {
  CompactionWaits waits;
  waits.stop();
  std::optional<Deleted> got;
  waits.add([&](const Deleted& deleted) { got = deleted; });
  EXPECT_EQ(got, Deleted(std::unexpected(ServerError::kStopped)));
}

}  // namespace
}  // namespace kv
