// A watch that goes on: from where, at which endpoint, and when not.
#include "tools/kvctl/watcher.h"

#include <gtest/gtest.h>

#include <sstream>
#include <thread>

#include "tests/unit/tools/watch_server.h"

namespace tools::kvctl {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const kv::rpc::Status kNoLeader{kv::rpc::Code::kUnavailable, "etcdserver: no leader"};
const kv::rpc::Status kStopped{kv::rpc::Code::kUnavailable, "etcdserver: server stopped"};

/// A watcher before one or more servers.
class Watch {
 public:
  explicit Watch(const std::vector<const WatchServer*>& servers, WatchOptions options = {.range = {"k", ""}})
      : settings_(settings_for(servers)),
        dialer_(make_dialer(settings_)),
        client_(settings_, *dialer_, nullptr),
        watcher_(client_, *dialer_, bell_, &words_, std::move(options)) {}

  /// The revisions of the next response's events; its failure, as text.
  std::string next(std::chrono::milliseconds patience = seconds(20)) {
    const auto response = watcher_.next(std::chrono::steady_clock::now() + patience);
    if (!response) return std::to_string(response.error().exit) + " " + response.error().text;
    if (!*response) return "nothing";
    std::string text;
    for (const auto& event : (*response)->events()) {
      text += (text.empty() ? "" : " ") + std::to_string(event.kv().mod_revision());
    }
    return text.empty() ? "progress " + std::to_string((*response)->header().revision()) : text;
  }
  Watcher& operator*() { return watcher_; }
  [[nodiscard]] std::string words() const { return words_.str(); }

 private:
  static Settings settings_for(const std::vector<const WatchServer*>& servers) {
    Settings settings;
    settings.dial_timeout = milliseconds(500);
    for (const WatchServer* server : servers) {
      settings.endpoints.push_back(
          parse_endpoint(server == nullptr ? "127.0.0.1:1" : server->endpoint()).value());
    }
    return settings;
  }

  const Settings settings_;
  const std::unique_ptr<Dialer> dialer_;
  Client client_;
  Bell bell_;
  std::ostringstream words_;
  Watcher watcher_;
};

TEST(Watcher, GoesOnBehindTheLastEvent) {
  const WatchServer server(
      {{{created_at(5), puts_at({6, 7})}, kStopped}, {{created_at(9), puts_at({8})}, {}}});
  Watch watch({&server});
  EXPECT_EQ(watch.next(), "6 7");
  EXPECT_EQ(watch.next(), "8");
  ASSERT_EQ(server.asked().size(), 2U);
  EXPECT_EQ(server.asked()[0].request.start_revision(), 0);
  EXPECT_EQ(server.asked()[1].request.start_revision(), 8);
  EXPECT_TRUE(server.asked()[0].needs_leader);
  EXPECT_FALSE(server.asked()[0].request.fragment());
}

TEST(Watcher, GoesOnBehindTheRevisionItWasMadeAt) {
  const WatchServer server({{{created_at(5)}, kStopped}, {{created_at(9), puts_at({6})}, {}}});
  Watch watch({&server});
  EXPECT_EQ(watch.next(), "6");
  EXPECT_EQ(server.asked()[1].request.start_revision(), 6);
}

TEST(Watcher, GoesOnBehindProgressThatNobodySees) {
  const WatchServer server(
      {{{created_at(5), progress_at(8)}, kStopped}, {{created_at(9), puts_at({9})}, {}}});
  Watch watch({&server});
  EXPECT_EQ(watch.next(), "9");
  EXPECT_EQ(server.asked()[1].request.start_revision(), 9);
}

TEST(Watcher, AStreamThatBreaksBeforeItsFirstEventStartsWhereItWasToStart) {
  const WatchServer server({{{created_at(50)}, kStopped}, {{created_at(50), puts_at({3})}, {}}});
  Watch watch({&server}, {.range = {"k", ""}, .revision = 3});
  EXPECT_EQ(watch.next(), "3");
  EXPECT_EQ(server.asked()[1].request.start_revision(), 3);
}

TEST(Watcher, TellsNothingTwice) {
  const WatchServer server(
      {{{created_at(5), puts_at({6}), puts_at({6}), puts_at({6, 7}), puts_at({5})}, {}}});
  Watch watch({&server});
  EXPECT_EQ(watch.next(), "6");
  EXPECT_EQ(watch.next(), "7");
  EXPECT_EQ(watch.next(milliseconds(50)), "nothing");
}

TEST(Watcher, TellsProgressWhereItIsWanted) {
  const WatchServer server({{{created_at(5), progress_at(5), puts_at({6}), progress_at(9)}, {}}});
  Watch watch({&server}, {.range = {"k", ""}, .progress = true});
  EXPECT_EQ(watch.next(), "progress 5");
  EXPECT_EQ(watch.next(), "6");
  EXPECT_EQ((*watch).next_revision(), 7);
  EXPECT_EQ(watch.next(), "progress 9");
  EXPECT_EQ((*watch).next_revision(), 10);
  EXPECT_TRUE(server.asked()[0].request.progress_notify());
}

TEST(Watcher, LeavesAMemberThatIsCutOff) {
  const WatchServer cut_off({{{created_at(5)}, kNoLeader}, {{}, kNoLeader}, {{}, kNoLeader}});
  const WatchServer other({{{created_at(7), puts_at({6, 7})}, {}}});
  Watch watch({&cut_off, &other});
  EXPECT_EQ(watch.next(), "6 7");
  EXPECT_EQ(other.asked()[0].request.start_revision(), 6);
  EXPECT_NE(watch.words().find("no leader"), std::string::npos) << watch.words();
}

TEST(Watcher, PassesOverEndpointsThatNobodyListensAt) {
  const WatchServer server({{{created_at(5), puts_at({6})}, {}}});
  Watch watch({nullptr, &server});
  EXPECT_EQ(watch.next(), "6");
  Watch vain({nullptr, nullptr});
  EXPECT_EQ(vain.next().substr(0, 2), "69");
}

TEST(Watcher, SaysWhichRevisionIsKept) {
  const WatchServer server({{{created_at(50), compacted_at(40)}, {}}});
  Watch watch({&server}, {.range = {"k", ""}, .revision = 3});
  EXPECT_EQ(watch.next(), "79 revision 3 is compacted: events are kept from revision 40 on");
}

TEST(Watcher, SaysThatEventsWereLost) {
  const WatchServer server(
      {{{created_at(5), puts_at({6})}, kStopped}, {{created_at(50), compacted_at(40)}, {}}});
  Watch watch({&server});
  EXPECT_EQ(watch.next(), "6");
  EXPECT_EQ(watch.next(),
            "79 revision 7 is compacted: events are kept from revision 40 on; those between are lost to this "
            "watch");
}

TEST(Watcher, DoesNotGoOnInAnotherCluster) {
  auto other = created_at(90);
  other.mutable_header()->set_cluster_id(2);
  const WatchServer server({{{created_at(5), puts_at({6})}, kStopped}, {{other, puts_at({91})}, {}}});
  Watch watch({&server});
  EXPECT_EQ(watch.next(), "6");
  EXPECT_EQ(watch.next().substr(0, 2), "76");
}

TEST(Watcher, ARefusalEndsIt) {
  auto refused = created_at(5);
  refused.set_canceled(true);
  refused.set_cancel_reason("rpc error: code = PermissionDenied desc = etcdserver: permission denied");
  const WatchServer server({{{refused}, {}}});
  Watch watch({&server});
  EXPECT_EQ(watch.next().substr(0, 2), "77");
  const WatchServer without({{{}, kv::rpc::Status{kv::rpc::Code::kUnimplemented, "unknown service"}}});
  Watch vain({&without});
  EXPECT_EQ(vain.next(), "76 unknown service");
}

TEST(Watcher, StopsWhenItIsTold) {
  const WatchServer server({{{created_at(5)}, {}}});
  Settings settings;
  settings.endpoints = {parse_endpoint(server.endpoint()).value()};
  const auto dialer = make_dialer(settings);
  Client client(settings, *dialer, nullptr);
  Bell bell;
  bool stop = false;
  Watcher watcher(client, *dialer, bell, nullptr, {.range = {"k", ""}});
  ASSERT_TRUE(watcher.open().value());
  std::thread ringer([&] {
    const std::lock_guard lock(bell.mutex);
    stop = true;
    bell.changed.notify_all();
  });
  const auto response = watcher.next(SteadyTime::max(), [&stop] { return stop; });
  ringer.join();
  ASSERT_TRUE(response);
  EXPECT_FALSE(response->has_value());
}

TEST(Watcher, HoldsNoMoreThanItsQueue) {
  // More than the queue may hold: the connection is not read until there is room, and nothing is lost.
  StreamScript script{{created_at(1)}, {}};
  const std::int64_t count = 4 * static_cast<std::int64_t>(kWatchQueueMax);
  for (std::int64_t i = 2; i < 2 + count; ++i) script.responses.push_back(puts_at({i}));
  const WatchServer server({script});
  Watch watch({&server});
  for (std::int64_t i = 2; i < 2 + count; ++i) ASSERT_EQ(watch.next(), std::to_string(i));
}

}  // namespace
}  // namespace tools::kvctl
