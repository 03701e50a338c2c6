#include "libraft/node/driver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "libraft/base/bytes.h"
#include "tests/support/local_network.h"
#include "tests/support/memory_log.h"

namespace raft {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);

/// A state machine that remembers what it was given, and wakes whoever waits for it.
class Recorder final : public StateMachine {
 public:
  [[nodiscard]] EntryId applied() const override {
    std::lock_guard lock(mutex_);
    return applied_;
  }
  [[nodiscard]] Result<void> apply(std::span<const Entry> entries) override {
    std::lock_guard lock(mutex_);
    for (const Entry& entry : entries) {
      EXPECT_EQ(entry.index, applied_.index.next());
      applied_ = {entry.index, entry.term};
      if (entry.type == EntryType::kCommand) commands_.emplace_back(entry.bytes());
      if (entry.type == EntryType::kConfiguration) {
        configuration_ = {entry.index, decode_membership(entry.bytes()).value()};
      }
    }
    moved_.notify_all();
    return {};
  }
  [[nodiscard]] Result<bool> background_work() override { return false; }
  [[nodiscard]] Configuration configuration() const override { return configuration_; }
  [[nodiscard]] Result<void> sync() override { return {}; }
  [[nodiscard]] Result<std::unique_ptr<SnapshotSource>> open_snapshot() override;
  [[nodiscard]] Result<std::unique_ptr<SnapshotSink>> receive_snapshot(Index last) override;
  [[nodiscard]] Result<void> install(std::unique_ptr<SnapshotSink> received) override;

  void read_ready(std::span<const std::uint64_t> tickets) {
    std::lock_guard lock(mutex_);
    reads_.insert(tickets.begin(), tickets.end());
    moved_.notify_all();
  }
  void stopped() {
    std::lock_guard lock(mutex_);
    failed_ = true;
    moved_.notify_all();
  }
  template <class Condition>
  [[nodiscard]] bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return moved_.wait_for(lock, kPatience, [&] { return condition(*this); });
  }

  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable moved_;
  EntryId applied_;
  Configuration configuration_;
  std::vector<std::string> commands_;
  std::set<std::uint64_t> reads_;
  bool failed_ = false;
  int installs_ = 0;
};

/// Its commands, a line each, behind the entry and the configuration it covers.
std::string encode_state(const SnapshotInfo& info, const std::vector<std::string>& commands) {
  std::string text;
  ByteWriter writer(text);
  writer.u64(info.last.index.value());
  writer.u64(info.last.term.value());
  writer.u64(info.configuration.index.value());
  writer.bytes(encode_membership(info.configuration.members));
  for (const std::string& command : commands) writer.bytes(command);
  return text;
}

class RecordedSource final : public SnapshotSource {
 public:
  RecordedSource(SnapshotInfo info, std::string bytes) : info_(std::move(info)), rest_(std::move(bytes)) {}
  [[nodiscard]] const SnapshotInfo& info() const override { return info_; }
  [[nodiscard]] Result<std::string> read(std::size_t bytes_max) override {
    std::string piece = rest_.substr(0, bytes_max);
    rest_.erase(0, piece.size());
    return piece;
  }

 private:
  const SnapshotInfo info_;
  std::string rest_;
};

class RecordedSink final : public SnapshotSink {
 public:
  [[nodiscard]] Result<void> write(std::string_view bytes) override {
    bytes_ += bytes;
    return {};
  }
  [[nodiscard]] Result<SnapshotInfo> finish() override {
    ByteReader reader(bytes_);
    info.last.index = Index(reader.u64());
    info.last.term = Term(reader.u64());
    info.configuration.index = Index(reader.u64());
    info.configuration.members = decode_membership(reader.bytes()).value();
    while (!reader.rest().empty()) commands.emplace_back(reader.bytes());
    if (!reader.done()) return fail(ErrorCode::kCorruption, "state", "is not one");
    return info;
  }

  SnapshotInfo info;
  std::vector<std::string> commands;

 private:
  std::string bytes_;
};

Result<std::unique_ptr<SnapshotSource>> Recorder::open_snapshot() {
  std::lock_guard lock(mutex_);
  const SnapshotInfo info{applied_, configuration_};
  return std::make_unique<RecordedSource>(info, encode_state(info, commands_));
}

Result<std::unique_ptr<SnapshotSink>> Recorder::receive_snapshot(Index /*last*/) {
  return std::make_unique<RecordedSink>();
}

Result<void> Recorder::install(std::unique_ptr<SnapshotSink> received) {
  auto& state = dynamic_cast<RecordedSink&>(*received);
  std::lock_guard lock(mutex_);
  applied_ = state.info.last;
  configuration_ = state.info.configuration;
  commands_ = state.commands;
  ++installs_;
  moved_.notify_all();
  return {};
}

SharedBytes bytes(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

class Node {
 public:
  Node(testing::LocalNetwork& network, std::uint64_t id, std::size_t members) : network_(network), id_(id) {
    options_.self = id_;
    options_.tick = std::chrono::milliseconds(2);
    options_.seed = id;
    options_.compaction = {.entries = 50, .bytes = 1U << 20U, .keep_entries = 10, .keep_bytes = 1U << 16U};
    options_.snapshots.chunk_bytes = 100;
    auto& voters = machine.configuration_.members.voters;
    for (std::uint64_t i = 1; i <= members; ++i) voters.emplace_back(i);
  }
  ~Node() { stop(); }

  void start() {
    log.reopen();
    transport_ = network_.transport(id_);
    DriverEvents events;
    events.reads_ready = [this](std::span<const std::uint64_t> tickets) { machine.read_ready(tickets); };
    events.status_changed = [](const CoreStatus&) {};
    events.configured = [](const Membership&) {};
    events.ticked = [](std::chrono::steady_clock::time_point) {};
    events.failed = [this](const Error&) { machine.stopped(); };
    driver = *Driver::start(options_, {&log, &machine, transport_.get()}, events,
                            [](LogLevel, std::string_view) {});
    network_.attach(id_, [this](NodeId from, std::vector<Message> messages) {
      driver->receive(from, std::move(messages));
    });
  }
  void stop() {
    network_.attach(id_, {});
    driver.reset();
  }
  [[nodiscard]] NodeId id() const { return id_; }
  template <class Condition>
  [[nodiscard]] bool waits_until(Condition condition) const {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    return condition();
  }
  [[nodiscard]] bool leads() const { return driver && driver->status().role == RoleName::kLeader; }

  testing::MemoryLog log;
  Recorder machine;
  std::unique_ptr<Driver> driver;

 private:
  testing::LocalNetwork& network_;
  const NodeId id_;
  ReplicaOptions options_;
  std::unique_ptr<Transport> transport_;
};

class DriverTest : public ::testing::Test {
 protected:
  void start(std::size_t members) {
    for (std::size_t i = 1; i <= members; ++i) nodes_.push_back(std::make_unique<Node>(network_, i, members));
    for (auto& node : nodes_) node->start();
  }
  bool everywhere(const std::string& command) {
    for (auto& node : nodes_) {
      if (!node->driver) continue;
      const bool found = node->machine.wait([&](Recorder& machine) {
        return std::find(machine.commands_.begin(), machine.commands_.end(), command) !=
               machine.commands_.end();
      });
      if (!found) return false;
    }
    return true;
  }
  Node& leader() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      for (auto& node : nodes_) {
        if (node->leads()) return *node;
      }
      std::this_thread::yield();
    }
    ADD_FAILURE() << "no leader";
    return *nodes_[0];
  }

  testing::LocalNetwork network_;
  std::vector<std::unique_ptr<Node>> nodes_;
};

TEST_F(DriverTest, ASingleMemberAppliesWhatIsProposed) {
  start(1);
  ASSERT_TRUE(nodes_[0]->driver->propose(bytes("a")));
  EXPECT_TRUE(everywhere("a"));
}

TEST_F(DriverTest, ThreeMembersApplyWhatAFollowerProposes) {
  start(3);
  Node& first = leader();
  for (auto& node : nodes_) {
    if (node.get() != &first) {
      ASSERT_TRUE(node->driver->propose(bytes("from a follower")));
    }
  }
  EXPECT_TRUE(everywhere("from a follower"));
}

TEST_F(DriverTest, TheOthersGoOnWithoutTheirLeaderAndItCatchesUp) {
  start(3);
  Node& first = leader();
  ASSERT_TRUE(first.driver->propose(bytes("before")));
  ASSERT_TRUE(everywhere("before"));
  first.stop();
  ASSERT_TRUE(leader().driver->propose(bytes("after")));
  ASSERT_TRUE(everywhere("after"));
  first.start();
  EXPECT_TRUE(everywhere("after"));
}

TEST_F(DriverTest, ReadsAreReadyOnEveryMember) {
  start(3);
  leader();
  for (auto& node : nodes_) {
    ASSERT_TRUE(node->driver->read(42));
    EXPECT_TRUE(node->machine.wait([](Recorder& machine) { return machine.reads_.contains(42); }));
  }
}

TEST_F(DriverTest, LeadershipIsHandedOverOnRequest) {
  start(3);
  Node& first = leader();
  first.driver->transfer_leadership(std::nullopt);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (first.leads() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_FALSE(first.leads());
  EXPECT_NE(&leader(), &first);
}

TEST_F(DriverTest, AMemberThatMissedMoreThanTheLogKeepsIsSentTheState) {
  start(3);
  Node& first = leader();
  ASSERT_TRUE(first.driver->propose(bytes("before")));
  ASSERT_TRUE(everywhere("before"));
  first.stop();
  Node& second = leader();
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(second.driver->propose(bytes("entry " + std::to_string(i))));
  ASSERT_TRUE(second.driver->propose(bytes("after")));
  ASSERT_TRUE(everywhere("after"));
  ASSERT_TRUE(second.waits_until([&] { return second.driver->status().base > Index(400); }));
  first.start();
  ASSERT_TRUE(everywhere("after"));
  EXPECT_GE(first.machine.installs_, 1);
  EXPECT_EQ(first.machine.commands_, second.machine.commands_);
  ASSERT_TRUE(first.driver->propose(bytes("from the one that came back")));
  EXPECT_TRUE(everywhere("from the one that came back"));
}

TEST_F(DriverTest, AMemberIsAddedAndTheLeaderIsTakenOut) {
  start(3);
  Node& first = leader();
  ASSERT_TRUE(first.driver->propose(bytes("before")));
  nodes_.push_back(std::make_unique<Node>(network_, 4, 0));
  nodes_.back()->start();
  MembershipTarget target;
  for (std::uint64_t id = 1; id <= 4; ++id) {
    if (NodeId(id) != first.id()) target.voters.emplace_back(id);
  }
  for (auto& node : nodes_) node->driver->want(target);
  Node& newcomer = *nodes_.back();
  EXPECT_TRUE(newcomer.waits_until(
      [&] { return newcomer.driver->membership() == Membership{.voters = target.voters}; }));
  EXPECT_TRUE(first.waits_until([&] { return !first.leads(); }));
  first.stop();
  ASSERT_TRUE(newcomer.driver->propose(bytes("after")));
  EXPECT_TRUE(everywhere("after"));
  EXPECT_EQ(newcomer.machine.commands_, (std::vector<std::string>{"before", "after"}));
}

TEST_F(DriverTest, AMemberWhoseDiskFailsStopsTakingPart) {
  start(1);
  ASSERT_TRUE(nodes_[0]->driver->propose(bytes("kept")));
  ASSERT_TRUE(everywhere("kept"));
  nodes_[0]->log.fail_appends();
  ASSERT_TRUE(nodes_[0]->driver->propose(bytes("lost")));
  EXPECT_TRUE(nodes_[0]->machine.wait([](Recorder& machine) { return machine.failed_; }));
  EXPECT_EQ(nodes_[0]->machine.commands_, (std::vector<std::string>{"kept"}));
}

}  // namespace
}  // namespace raft
