#include <gtest/gtest.h>

#include <mutex>
#include <vector>

#include "tests/unit/rpc/support.h"

namespace kv::rpc::test {
namespace {

using std::chrono::milliseconds;

TEST(Unary, EchoesARequest) {
  TestServer server;
  TestClient client(server.port);
  const UnaryResult result = client.call("Unary", "hello");
  EXPECT_EQ(result.status, Status{});
  EXPECT_EQ(result.response, "hello");
  EXPECT_TRUE(result.sent);
}

TEST(Unary, EchoesAnEmptyRequestAndAnAnswerFromAnotherThread) {
  TestServer server;
  TestClient client(server.port);
  EXPECT_EQ(client.call("Unary", "").status, Status{});
  EXPECT_EQ(client.call("Elsewhere", "from afar").response, "from afar");
}

TEST(Unary, CarriesCodeAndTextOfAnError) {
  TestServer server;
  TestClient client(server.port);
  const std::string text = "100% größer\nnext line";
  const UnaryResult result = client.call("Fail", std::string(1, '\x09') + text);
  EXPECT_EQ(result.status, (Status{Code::kFailedPrecondition, text}));
  EXPECT_EQ(result.response, "");
}

TEST(Unary, NamesTheUnknownServiceOrMethod) {
  TestServer server;
  TestClient client(server.port);
  EXPECT_EQ(client.channel->call("/no.Such/Method", "", {}).status,
            (Status{Code::kUnimplemented, "unknown service no.Such"}));
  EXPECT_EQ(client.call("Nothing", "").status,
            (Status{Code::kUnimplemented, "unknown method Nothing for service test.Echo"}));
}

TEST(Unary, CarriesMetadataAndHidesWhatIsHttps) {
  TestServer server;
  TestClient client(server.port);
  const std::string raw("\x00\xff,=", 4);
  CallOptions options;
  options.metadata = {{"token", "abc"}, {"raw-bin", raw}, {"token", "second"}};
  EXPECT_EQ(client.call("Metadata", "", options).response, "token=abc;raw-bin=" + raw + ";token=second;");
}

TEST(Unary, RefusesMessagesOverTheLimit) {
  TestServer server({.io_threads = 1, .receive_message_bytes_max = 1000});
  TestClient client(server.port);
  EXPECT_EQ(client.call("Unary", std::string(1000, 'a')).status, Status{});
  EXPECT_EQ(client.call("Unary", std::string(1001, 'a')).status,
            (Status{Code::kResourceExhausted, "grpc: received message larger than max (1001 vs. 1000)"}));
  EXPECT_EQ(client.call("Unary", "still here").response, "still here");
}

TEST(Unary, CarriesLargeMessagesWhenTheLimitAllows) {
  TestServer server({.io_threads = 1, .receive_message_bytes_max = 64 << 20});
  TestClient client(server.port);
  std::string large(8 << 20, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 + (i >> 8));
  const UnaryResult result = client.call("Unary", large);
  EXPECT_EQ(result.status, Status{});
  EXPECT_TRUE(result.response == large);
}

TEST(Unary, AnswersAThousandCallsAtOnceOverTenConnections) {
  TestServer server;
  constexpr int kConnections = 10;
  constexpr int kCallsEach = 100;
  Signal answered;
  Signal right;
  auto loop = ClientLoop::create();
  std::vector<std::shared_ptr<Channel>> channels;
  for (int i = 0; i < kConnections; ++i) {
    auto channel = Channel::connect(*loop, {.host = "127.0.0.1", .port = server.port});
    ASSERT_TRUE(channel) << channel.error().text();
    channels.push_back(std::move(*channel));
  }
  for (int i = 0; i < kConnections * kCallsEach; ++i) {
    const std::string text = "call " + std::to_string(i);
    channels[static_cast<std::size_t>(i % kConnections)]->unary(
        "/test.Echo/Elsewhere", text, {}, [&, text](UnaryResult result) {
          if (result.status.ok() && result.response == text) right.raise();
          answered.raise();
        });
  }
  EXPECT_TRUE(answered.wait(kConnections * kCallsEach));
  EXPECT_EQ(right.count(), kConnections * kCallsEach);
}

TEST(Observer, CountsCallsCodesAndBytes) {
  std::mutex mutex;
  std::vector<std::string> seen;
  std::size_t received_bytes = 0;
  std::size_t sent_bytes = 0;
  ServerObserver observer;
  observer.started = [&](std::string_view path) {
    std::lock_guard lock(mutex);
    seen.push_back("started " + std::string(path));
  };
  observer.handled = [&](std::string_view path, Code code, std::chrono::nanoseconds took) {
    std::lock_guard lock(mutex);
    EXPECT_GE(took.count(), 0);
    seen.push_back("handled " + std::string(path) + " " + std::string(name(code)));
  };
  observer.bytes = [&](std::size_t received, std::size_t sent) {
    std::lock_guard lock(mutex);
    received_bytes += received;
    sent_bytes += sent;
  };
  auto server = Server::create({.io_threads = 1}, observer, {});
  server->add_unary("/test.Echo/Unary", [](const CallPtr& call, std::string_view request) {
    if (request.empty()) return call->finish({Code::kNotFound, "empty"});
    call->reply("response");
  });
  const auto port = server->listen("127.0.0.1", 0, std::nullopt);
  ASSERT_TRUE(port);
  server->start();
  TestClient client(*port);
  EXPECT_EQ(client.call("Unary", "four").response, "response");
  EXPECT_EQ(client.call("Unary", "").status.code, Code::kNotFound);
  std::lock_guard lock(mutex);
  EXPECT_EQ(seen,
            (std::vector<std::string>{"started /test.Echo/Unary", "handled /test.Echo/Unary OK",
                                      "started /test.Echo/Unary", "handled /test.Echo/Unary NotFound"}));
  EXPECT_EQ(received_bytes, 4U);
  EXPECT_EQ(sent_bytes, 8U);
}

TEST(Deadline, EndsTheCallOnBothSides) {
  TestServer server;
  TestClient client(server.port);
  const UnaryResult result = client.call("Hang", "", {.timeout = milliseconds(50), .metadata = {}});
  EXPECT_EQ(result.status, (Status{Code::kDeadlineExceeded, "context deadline exceeded"}));
  EXPECT_TRUE(result.sent);
  ASSERT_TRUE(server.hanging.wait());
  const CallPtr call = server.hung_calls().front();
  ASSERT_TRUE(call->deadline());
  EXPECT_EQ(client.call("Unary", "after").response, "after");
  EXPECT_TRUE(call->cancelled());
  call->reply("too late");
}

TEST(Cancel, ReachesTheServer) {
  TestServer server;
  TestClient client(server.port);
  StreamLog log;
  auto stream = client.channel->stream("/test.Echo/Chat", {}, log.events());
  stream->send("one");
  ASSERT_TRUE(log.messages_seen.wait());
  stream->cancel();
  ASSERT_TRUE(log.done.wait());
  EXPECT_EQ(log.status.code, Code::kCancelled);
  EXPECT_TRUE(server.done.wait());
}

TEST(Loss, FailsCallsThatWereSentAndRefusesNewOnes) {
  auto server = std::make_unique<TestServer>();
  TestClient client(server->port);
  Signal answered;
  UnaryResult outcome;
  client.channel->unary("/test.Echo/Hang", "", {}, [&](UnaryResult result) {
    outcome = std::move(result);
    answered.raise();
  });
  ASSERT_TRUE(server->hanging.wait());
  const CallPtr call = server->hung_calls().front();
  server.reset();
  ASSERT_TRUE(answered.wait());
  EXPECT_EQ(outcome.status.code, Code::kUnavailable);
  EXPECT_TRUE(outcome.sent);
  EXPECT_FALSE(client.channel->connected());
  const UnaryResult refused = client.call("Unary", "");
  EXPECT_EQ(refused.status.code, Code::kUnavailable);
  EXPECT_FALSE(refused.sent);
  EXPECT_TRUE(call->cancelled());
  call->reply("to nobody");
}

TEST(Connect, NamesTheAddressThatRefuses) {
  std::uint16_t port = 0;
  {
    TestServer server;
    port = server.port;
  }
  auto loop = ClientLoop::create();
  const auto channel = Channel::connect(*loop, {.host = "127.0.0.1", .port = port});
  ASSERT_FALSE(channel);
  EXPECT_EQ(channel.error().code, raft::ErrorCode::kUnavailable);
  EXPECT_EQ(channel.error().where, "127.0.0.1:" + std::to_string(port));
}

TEST(ClientLoop, CancelsCallsWhenItEnds) {
  TestServer server;
  Signal answered;
  Status status;
  {
    TestClient client(server.port);
    client.channel->unary("/test.Echo/Hang", "", {}, [&](UnaryResult result) {
      status = result.status;
      answered.raise();
    });
    ASSERT_TRUE(server.hanging.wait());
    auto channel = client.channel;
    client.loop.reset();
    EXPECT_EQ(channel->call("/test.Echo/Unary", "", {}).status.code, Code::kCancelled);
  }
  EXPECT_EQ(answered.count(), 1);
  EXPECT_EQ(status.code, Code::kCancelled);
}

}  // namespace
}  // namespace kv::rpc::test
