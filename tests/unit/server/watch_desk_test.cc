#include "libkv/server/watch_desk.h"

#include <gtest/gtest.h>
#include <leveldb/env.h>
#include <leveldb/helpers/memenv.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "libkv/machine/machine.h"

namespace kv {
namespace {

using std::chrono::seconds;

/// Counts what it is told, to be waited for.
class Counter final : public WatchSink {
 public:
  void created(const WatchCreated& created) override {
    set([&] { created_at = created.revision; });
  }
  void events(const WatchEvents& events) override {
    set([&] {
      for (const Event* event : events.events) {
        ordered = ordered && event->revision.main > last;
        last = event->revision.main;
        ++count;
      }
    });
  }
  void canceled(const WatchCanceled&) override {}
  void progress(std::int64_t, std::int64_t) override {}
  void ended(WatchEnd why) override {
    set([&] { end = why; });
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }

  template <class Condition>
  [[nodiscard]] bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(20), condition);
  }

  std::int64_t created_at = 0;
  std::int64_t last = 0;
  std::size_t count = 0;
  bool ordered = true;
  std::optional<WatchEnd> end;

 private:
  template <class Change>
  void set(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }
  std::mutex mutex_;  // guards the public fields while the desk runs
  std::condition_variable changed_;
};

class WatchDeskTest : public ::testing::Test {
 protected:
  WatchDeskTest() : env_(leveldb::NewMemEnv(leveldb::Env::Default())) {
    machine_ = *Machine::open({.env = env_.get(), .path = "/snap"});
    desk_ =
        std::make_unique<WatchDesk>(HubOptions{}, WatchDeskParts{.view = [this] { return machine_->view(); },
                                                                 .has_leader = [] { return true; },
                                                                 .is_odd = [this] { return odd_.load(); }});
    desk_->start();
  }

  /// As a member does.
  void put(const std::string& key) {
    const raft::Index next = machine_->applied().index.next();
    raft::Entry entry{next, raft::Term(1), raft::EntryType::kCommand, nullptr};
    entry.payload = std::make_shared<const std::string>(
        encode_command(raft::NodeId(1), 1, PutOp{.key = key, .value = "v"}));
    machine_->collect(desk_->demand());
    auto applied = machine_->apply(std::span(&entry, 1));
    ASSERT_TRUE(applied);
    AppliedBatch batch(std::span(&entry, 1), std::move(*applied), *machine_);
    desk_->applied(batch);
  }

  std::unique_ptr<leveldb::Env> env_;
  std::unique_ptr<Machine> machine_;
  std::atomic<bool> odd_ = false;
  std::unique_ptr<WatchDesk> desk_;
};

TEST_F(WatchDeskTest, WatchFromNowOnBeginsBehindWhatWasApplied) {
  put("a");
  const auto sink = std::make_shared<Counter>();
  const auto stream = desk_->open(sink, {});
  ASSERT_TRUE(stream->create({.key = "a"}));
  ASSERT_TRUE(sink->wait([&] { return sink->created_at != 0; }));
  EXPECT_EQ(sink->created_at, 2);
  put("a");
  ASSERT_TRUE(sink->wait([&] { return sink->count == 1; }));
  EXPECT_EQ(sink->last, 3);
}

TEST_F(WatchDeskTest, HistoryIsReadFromTheStore) {
  for (int i = 0; i < 3000; ++i) put("a");
  const auto sink = std::make_shared<Counter>();
  const auto stream = desk_->open(sink, {});
  ASSERT_TRUE(stream->create({.key = "a", .start_revision = 2}));
  ASSERT_TRUE(sink->wait([&] { return sink->count == 3000; }));
  EXPECT_TRUE(sink->ordered);
}

TEST_F(WatchDeskTest, StreamsComeAndGoWhileWritesGoOn) {
  std::vector<std::jthread> watchers;
  std::atomic<int> failures = 0;
  for (int i = 0; i < 4; ++i) {
    watchers.emplace_back([&] {
      for (int round = 0; round < 30; ++round) {
        const auto sink = std::make_shared<Counter>();
        const auto stream = desk_->open(sink, {});
        if (!stream->create({.key = "a", .start_revision = 2})) ++failures;
        bool ordered = false;
        const bool told = sink->wait([&] {
          ordered = sink->ordered;
          return sink->count > 0;
        });
        if (!told || !ordered) ++failures;
      }
    });
  }
  for (int i = 0; i < 2000; ++i) put("a");
  watchers.clear();
  EXPECT_EQ(failures, 0);
}

TEST_F(WatchDeskTest, StopEndsWhoIsThereAndWhoComesLater) {
  const auto early = std::make_shared<Counter>();
  const auto stream = desk_->open(early, {});
  desk_->stopped();
  EXPECT_EQ(early->end, WatchEnd::kStopped);
  const auto late = std::make_shared<Counter>();
  const auto refused = desk_->open(late, {});
  EXPECT_EQ(late->end, WatchEnd::kStopped);
  EXPECT_TRUE(refused->create({.key = "a"}));  // and nothing comes of it
  put("a");
}

TEST_F(WatchDeskTest, OfAStateThatIsWrongNobodyIsTold) {
  const auto sink = std::make_shared<Counter>();
  const auto stream = desk_->open(sink, {});
  ASSERT_TRUE(stream->create({.key = "a"}));
  ASSERT_TRUE(sink->wait([&] { return sink->created_at != 0; }));
  put("b");
  EXPECT_FALSE(sink->end);
  odd_ = true;
  put("b");
  ASSERT_TRUE(sink->wait([&] { return sink->end.has_value(); }));
  EXPECT_EQ(sink->end, WatchEnd::kStopped);
}

TEST_F(WatchDeskTest, CountsWhatThereIs) {
  const auto sink = std::make_shared<Counter>();
  auto stream = desk_->open(sink, {});
  ASSERT_TRUE(stream->create({.key = "a"}));
  ASSERT_TRUE(stream->create({.key = "b"}));
  ASSERT_TRUE(sink->wait([&] { return sink->created_at != 0; }));
  put("a");
  ASSERT_TRUE(sink->wait([&] { return sink->count == 1; }));
  const auto until = std::chrono::steady_clock::now() + seconds(20);
  while (desk_->counts().events != 1 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_EQ(desk_->counts().watches, 2U);
  EXPECT_EQ(desk_->counts().streams, 1U);
}

}  // namespace
}  // namespace kv
