#include <gtest/gtest.h>

#include <future>

#include "tests/unit/rpc/support.h"

namespace kv::rpc::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Drain, LetsOpenCallsFinishAndEndsStreams) {
  TestServer server;
  TestClient client(server.port);
  Signal answered;
  UnaryResult outcome;
  client.channel->unary("/test.Echo/Hang", "", {}, [&](UnaryResult result) {
    outcome = std::move(result);
    answered.raise();
  });
  StreamLog log;
  auto stream = client.channel->stream("/test.Echo/Chat", {}, log.events());
  stream->send("one");
  ASSERT_TRUE(log.messages_seen.wait());
  ASSERT_TRUE(server.hanging.wait());
  auto drained = std::async(std::launch::async, [&] { server.server->drain(seconds(20)); });
  server.hung_calls().front()->reply("answered in time");
  ASSERT_TRUE(answered.wait());
  EXPECT_EQ(outcome.status, Status{});
  EXPECT_EQ(outcome.response, "answered in time");
  ASSERT_TRUE(log.done.wait());
  EXPECT_EQ(log.status, (Status{Code::kUnavailable, "etcdserver: server stopped"}));
  ASSERT_EQ(drained.wait_for(kPatience), std::future_status::ready);
  EXPECT_FALSE(client.channel->connected());
  const UnaryResult refused = client.call("Unary", "late");
  EXPECT_EQ(refused.status.code, Code::kUnavailable);
  EXPECT_FALSE(refused.sent);
}

TEST(Drain, GivesUpOnCallsAtItsLimit) {
  TestServer server;
  TestClient client(server.port);
  Signal answered;
  Status status;
  client.channel->unary("/test.Echo/Hang", "", {}, [&](UnaryResult result) {
    status = result.status;
    answered.raise();
  });
  ASSERT_TRUE(server.hanging.wait());
  server.server->drain(milliseconds(50));
  ASSERT_TRUE(answered.wait());
  EXPECT_EQ(status, (Status{Code::kUnavailable, "etcdserver: server stopped"}));
}

TEST(Drain, RefusesNewConnections) {
  TestServer server;
  server.server->drain(milliseconds(50));
  auto loop = ClientLoop::create();
  EXPECT_FALSE(Channel::connect(*loop, {.host = "127.0.0.1", .port = server.port}));
}

TEST(Listen, SaysWhichAddressIsTaken) {
  TestServer first;
  auto second = Server::create({.io_threads = 1}, {}, {});
  const auto bound = second->listen("127.0.0.1", first.port, std::nullopt);
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().code, raft::ErrorCode::kUnavailable);
  EXPECT_EQ(bound.error().where, "127.0.0.1:" + std::to_string(first.port));
}

TEST(Limits, RefusesConnectionsBeyondTheMaximum) {
  TestServer server({.io_threads = 1, .connections_max = 1});
  TestClient client(server.port);
  EXPECT_EQ(client.call("Unary", "in").response, "in");
  auto loop = ClientLoop::create();
  EXPECT_FALSE(Channel::connect(*loop, {.host = "127.0.0.1", .port = server.port}));
  EXPECT_EQ(client.call("Unary", "still in").response, "still in");
}

TEST(Limits, QueuesCallsBeyondTheServersConcurrentStreams) {
  TestServer server({.io_threads = 1, .concurrent_streams_max = 3});
  TestClient client(server.port);
  Signal answered;
  constexpr int kCalls = 50;
  for (int i = 0; i < kCalls; ++i) {
    client.channel->unary("/test.Echo/Elsewhere", "x", {}, [&](UnaryResult result) {
      EXPECT_EQ(result.status, Status{});
      answered.raise();
    });
  }
  EXPECT_TRUE(answered.wait(kCalls));
}

TEST(Keepalive, ServerPingsAndKeepsAConnectionThatAnswers) {
  TestServer server(
      {.io_threads = 1, .keepalive_interval = milliseconds(20), .keepalive_timeout = milliseconds(5000)});
  TestClient client(server.port);
  StreamLog log;
  auto stream =
      client.channel->stream("/test.Echo/Chat", {.timeout = milliseconds(300), .metadata = {}}, log.events());
  ASSERT_TRUE(log.done.wait());
  EXPECT_TRUE(client.channel->connected());
  EXPECT_EQ(client.call("Unary", "alive").response, "alive");
}

}  // namespace
}  // namespace kv::rpc::test
