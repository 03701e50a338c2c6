#include "libkv/server/replica_server.h"

#include <gtest/gtest.h>
#include <leveldb/env.h>
#include <leveldb/helpers/memenv.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "tests/support/local_network.h"
#include "tests/support/memory_log.h"

namespace kv {
namespace {

using namespace std::chrono_literals;
using WriteAnswer = std::expected<Outcome, RequestFailure>;
using ReadAnswer = std::expected<ReadView, RequestFailure>;

constexpr auto kPatience = 20s;
constexpr raft::EntryId kFirst{.index = raft::Index(1), .term = raft::Term(1)};

/// One member over an in-memory disk; may be stopped and started again on the same disk.
class TestMember {
 public:
  TestMember(raft::testing::LocalNetwork& network, std::uint64_t id, std::size_t members)
      : env_(leveldb::NewMemEnv(leveldb::Env::Default())), network_(network) {
    options_.cluster_id = 0xc1;
    options_.replica.self = raft::NodeId(id);
    options_.replica.tick = 2ms;
    options_.replica.seed = id;
    options_.request_timeout = 5000ms;
    for (std::uint64_t i = 1; i <= members; ++i) members_.push_back({.id = raft::NodeId(i)});
    // Entry 1 made the members: it is in no log.
    EXPECT_TRUE(log.append({.hard_state = raft::HardState{.term = kFirst.term}, .entries = {}}));
    EXPECT_TRUE(log.truncate_prefix(kFirst));
  }
  ~TestMember() { stop(); }

  void start() {
    log.reopen();
    MachineOptions machine_options{.env = env_.get(),
                                   .path = "/snap",
                                   .members = members_,
                                   .log_base = log.opened().base.index,
                                   .first = kFirst};
    machine_ = *Machine::open(machine_options);
    transport_ = network_.transport(self());
    options_.first_sequence += 1U << 20U;
    server = *ReplicaServer::start(options_, {&log, machine_.get(), transport_.get()},
                                   [](raft::LogLevel, std::string_view) {},
                                   {.failed = [this](const raft::Error&) { failed = true; }});
    network_.attach(self(), [this](raft::NodeId from, std::vector<raft::Message> messages) {
      server->receive(from, std::move(messages));
    });
  }
  void stop() {
    network_.attach(self(), {});
    server.reset();
    machine_.reset();
  }
  [[nodiscard]] raft::NodeId self() const { return options_.replica.self; }
  [[nodiscard]] bool leads() const { return server && server->status().leader == self(); }

  WriteAnswer write(Operation operation) {
    auto answer = std::make_shared<std::promise<WriteAnswer>>();
    server->write(std::move(operation), [answer](WriteAnswer got) { answer->set_value(std::move(got)); });
    auto future = answer->get_future();
    EXPECT_EQ(future.wait_for(kPatience), std::future_status::ready);
    return future.get();
  }
  WriteAnswer change(Operation operation) {
    auto answer = std::make_shared<std::promise<WriteAnswer>>();
    server->change_members(std::move(operation),
                           [answer](WriteAnswer got) { answer->set_value(std::move(got)); });
    auto future = answer->get_future();
    EXPECT_EQ(future.wait_for(kPatience), std::future_status::ready);
    return future.get();
  }
  /// Nothing when leadership has moved.
  std::optional<ServerError> move_leader(raft::NodeId target) {
    auto answer = std::make_shared<std::promise<std::optional<ServerError>>>();
    server->move_leader(target, [answer](std::expected<void, ServerError> got) {
      answer->set_value(got ? std::nullopt : std::optional(got.error()));
    });
    auto future = answer->get_future();
    EXPECT_EQ(future.wait_for(kPatience), std::future_status::ready);
    return future.get();
  }
  ReadAnswer read() {
    auto answer = std::make_shared<std::promise<ReadAnswer>>();
    server->read([answer](ReadAnswer got) { answer->set_value(std::move(got)); });
    auto future = answer->get_future();
    EXPECT_EQ(future.wait_for(kPatience), std::future_status::ready);
    return future.get();
  }
  std::string get(const std::string& key) {
    const ReadAnswer view = read();
    if (!view) return "no view";
    const auto found = view->range(RangeOp{.key = key});
    return found && found->kvs.size() == 1 ? found->kvs[0].value : "nothing";
  }

  raft::testing::MemoryLog log;
  std::unique_ptr<ReplicaServer> server;
  std::atomic<bool> failed = false;
  ReplicaServerOptions options_;
  std::vector<MemberInfo> members_;

 private:
  std::unique_ptr<leveldb::Env> env_;
  std::unique_ptr<Machine> machine_;
  std::unique_ptr<raft::Transport> transport_;
  raft::testing::LocalNetwork& network_;
};

class ReplicaServerTest : public ::testing::Test {
 protected:
  void start(std::size_t members) {
    for (std::size_t i = 1; i <= members; ++i) {
      members_.push_back(std::make_unique<TestMember>(network_, i, members));
    }
    for (auto& member : members_) member->start();
  }
  TestMember& leader() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      for (auto& member : members_) {
        if (member->leads()) return *member;
      }
      std::this_thread::yield();
    }
    ADD_FAILURE() << "no leader";
    return *members_[0];
  }

  raft::testing::LocalNetwork network_;
  std::vector<std::unique_ptr<TestMember>> members_;
};

TEST_F(ReplicaServerTest, AWriteIsSeenByTheNextLinearizableReadOfEveryMember) {
  start(3);
  leader();
  for (int i = 0; i < 20; ++i) {
    TestMember& writer = *members_[static_cast<std::size_t>(i) % 3];
    const auto written = writer.write(PutOp{.key = "k", .value = std::to_string(i)});
    ASSERT_TRUE(written && written->result);
    EXPECT_EQ(written->revision, i + 2);
    for (auto& member : members_) EXPECT_EQ(member->get("k"), std::to_string(i));
  }
}

TEST_F(ReplicaServerTest, StateSurvivesARestartOfEveryMember) {
  start(3);
  ASSERT_TRUE(leader().write(PutOp{.key = "k", .value = "kept"}));
  for (auto& member : members_) member->stop();
  for (auto& member : members_) member->start();
  EXPECT_EQ(leader().get("k"), "kept");
}

TEST_F(ReplicaServerTest, AWriteWithoutAQuorumTimesOutAndSaysThatItMayStillBeApplied) {
  start(3);
  for (auto& member : members_) {
    member->stop();
    member->options_.request_timeout = 200ms;
  }
  members_[0]->start();
  const auto written = members_[0]->write(PutOp{.key = "k", .value = "v"});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().error, ServerError::kTimeoutConnectionLost);
  EXPECT_EQ(written.error().stage, Stage::kProposed);
  const auto read = members_[0]->read();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().error, ServerError::kTimeoutConnectionLost);
}

TEST_F(ReplicaServerTest, ACommandOverTheLimitIsRefusedBeforeItIsProposed) {
  start(1);
  members_[0]->stop();
  members_[0]->options_.request_bytes_max = 100;
  members_[0]->start();
  const auto written = members_[0]->write(PutOp{.key = "k", .value = std::string(100, 'v')});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().error, ServerError::kTooLarge);
  EXPECT_EQ(written.error().stage, Stage::kQueued);
}

TEST_F(ReplicaServerTest, ALeaderHandsOver) {
  start(3);
  TestMember& first = leader();
  first.server->hand_over(std::chrono::milliseconds(kPatience));
  EXPECT_NE(first.server->status().leader, first.self());
}

TEST_F(ReplicaServerTest, RequestsAfterADiskFailureAreAnsweredStopped) {
  start(1);
  ASSERT_TRUE(leader().write(PutOp{.key = "k", .value = "v"}));
  members_[0]->log.fail_appends();
  const auto lost = members_[0]->write(PutOp{.key = "k", .value = "w"});
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().error, ServerError::kStopped);
  EXPECT_TRUE(members_[0]->failed);
  const auto after = members_[0]->read();
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().error, ServerError::kStopped);
}

TEST_F(ReplicaServerTest, MembersTellTheirNamesThroughTheLog) {
  start(1);
  ASSERT_TRUE(leader().write(PublishMemberOp{raft::NodeId(1), "one", {"http://127.0.0.1:1"}}));
  ASSERT_TRUE(leader().write(PublishMemberOp{raft::NodeId(9), "nine", {}}));
  const auto listed = members_[0]->server->members();
  ASSERT_EQ(listed.size(), 1U) << "one that is not in the cluster is not listed";
  EXPECT_EQ(listed[0].name, "one");
}

AddMemberOp adding(std::uint64_t id, bool learner = false) {
  return {
      .member = {.id = raft::NodeId(id), .peer_urls = {"http://h" + std::to_string(id)}, .learner = learner}};
}

TEST_F(ReplicaServerTest, ChangesOfMembersAreCheckedBeforeTheyAreProposed) {
  start(1);
  TestMember& member = leader();
  ASSERT_TRUE(member.write(PublishMemberOp{raft::NodeId(1), "one", {}}));
  EXPECT_EQ(member.change(RemoveMemberOp{raft::NodeId(1)}).error().error, ServerError::kNotEnoughStarted);
  const WriteAnswer added = member.change(adding(2, true));
  ASSERT_TRUE(added && added->result);
  EXPECT_EQ(std::get<MembersResult>(*added->result).members.size(), 2U);
  EXPECT_EQ(member.change(PromoteMemberOp{raft::NodeId(2)}).error().error, ServerError::kLearnerNotReady);
  EXPECT_EQ(member.change(PromoteMemberOp{raft::NodeId(1)})->result.error(), KvError::kNotLearner);
  ASSERT_TRUE(member.change(RemoveMemberOp{raft::NodeId(2)})->result);
  EXPECT_EQ(member.change(adding(2, true))->result.error(), KvError::kMemberNotFound);
}

TEST_F(ReplicaServerTest, LeadershipMovesToTheVoterThatIsNamed) {
  start(3);
  TestMember& first = leader();
  const auto other = std::ranges::find_if(members_, [](const auto& member) { return !member->leads(); });
  const raft::NodeId target = (*other)->self();
  EXPECT_EQ(first.move_leader(first.self()), std::nullopt);
  EXPECT_EQ(first.move_leader(raft::NodeId(9)), ServerError::kBadTransferee);
  EXPECT_EQ((*other)->move_leader(first.self()), ServerError::kNotLeader);
  EXPECT_EQ(first.move_leader(target), std::nullopt);
  EXPECT_EQ(first.server->status().leader, target);
}

TEST_F(ReplicaServerTest, AMemberThatIsRemovedLearnsOfIt) {
  start(3);
  for (std::uint64_t id = 1; id <= 3; ++id) {
    ASSERT_TRUE(leader().write(PublishMemberOp{raft::NodeId(id), "n", {}}));
  }
  TestMember& staying = leader();
  const auto other = std::ranges::find_if(members_, [](const auto& member) { return !member->leads(); });
  TestMember& leaving = **other;
  ASSERT_TRUE(staying.write(RemoveMemberOp{leaving.self()}));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!leaving.server->removed() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(leaving.server->removed());
  EXPECT_FALSE(staying.server->removed());
  EXPECT_TRUE(staying.write(PutOp{.key = "k", .value = "v"})) << "two go on";
}

}  // namespace
}  // namespace kv
