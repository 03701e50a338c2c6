#include <gtest/gtest.h>

#include "tests/unit/rpc/raw_socket.h"
#include "tests/unit/rpc/support.h"

namespace kv::rpc::test {
namespace {

/// The answer to `request` on a connection that is closed afterwards.
std::string answer_to(std::uint16_t port, std::string_view request) {
  RawSocket socket(port);
  socket.send(request);
  EXPECT_TRUE(socket.read_to_end());
  return socket.received;
}

TEST(Http, AnswersGetAndPostBesideGrpc) {
  TestServer server;
  EXPECT_EQ(answer_to(server.port, "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 4\r\nX-Test: "
            "yes\r\nConnection: close\r\n\r\nGET ");
  EXPECT_TRUE(
      answer_to(server.port,
                "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody")
          .ends_with("\r\n\r\nPOST body"));
  TestClient client(server.port);
  EXPECT_EQ(client.call("Unary", "grpc").response, "grpc");
}

TEST(Http, KeepsTheConnectionAndAnswersPipelinedRequestsInOrder) {
  TestServer server;
  RawSocket socket(server.port);
  socket.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\nGET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(socket.read_until("404 Not Found"));
  EXPECT_LT(socket.received.find("200 OK"), socket.received.find("404 Not Found"));
  socket.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_TRUE(socket.read_until("POST abcde"));
}

TEST(Http, SendsNoBodyForHead) {
  TestServer server;
  const std::string answer =
      answer_to(server.port, "HEAD /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.contains("Content-Length: 1048576\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST(Http, SendsLargeAnswersWhole) {
  TestServer server;
  EXPECT_GT(answer_to(server.port, "GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").size(),
            1U << 20);
}

TEST(Http, InvitesAClientThatExpects100Continue) {
  TestServer server;
  RawSocket socket(server.port);
  socket.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  ASSERT_TRUE(socket.read_until("HTTP/1.1 100 Continue\r\n\r\n"));
  socket.send("ok");
  EXPECT_TRUE(socket.read_until("POST ok"));
}

TEST(Http, RefusesBadRequests) {
  TestServer server({.io_threads = 1, .http_body_bytes_max = 100});
  EXPECT_TRUE(answer_to(server.port, "nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(answer_to(server.port, "GET / HTTP/9.9\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(answer_to(server.port, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n" +
                                         std::string(101, 'b'))
                  .starts_with("HTTP/1.1 413 "));
  EXPECT_TRUE(answer_to(server.port, "GET / HTTP/1.1\r\nX: " + std::string(20000, 'x') + "\r\n\r\n")
                  .starts_with("HTTP/1.1 431 "));
  TestClient client(server.port);
  EXPECT_EQ(client.call("Unary", "next").response, "next");
}

TEST(Http, AnswersManyPipelinedRequestsWithoutAHandler) {
  auto server = Server::create({.io_threads = 1}, {}, {});
  const auto port = server->listen("127.0.0.1", 0, std::nullopt);
  ASSERT_TRUE(port);
  server->start();
  std::string requests;
  for (int i = 0; i < 5000; ++i) requests += "GET / HTTP/1.1\r\n\r\n";
  requests += "GET / HTTP/1.1\r\nConnection: close\r\n\r\n";
  EXPECT_TRUE(answer_to(*port, requests).ends_with("Connection: close\r\n\r\n404 page not found\n"));
}

TEST(Http, DropsARequestThatNeverEnds) {
  TestServer server({.io_threads = 1, .handshake_timeout = std::chrono::milliseconds(100)});
  EXPECT_EQ(answer_to(server.port, "GET / HTTP/1.1\r\nHost: x\r\n"), "");
}

TEST(Http, AnswersPlainRequestsThatComeOverHttp2) {
  TestServer server;
  RawSocket socket(server.port);
  const std::string block = hpack(":method", "GET") + hpack(":scheme", "http") + hpack(":path", "/echo") +
                            hpack(":authority", "test");
  socket.send(h2_preface() + h2_frame(kHeaders, kEndStream | kEndHeaders, 1, block));
  EXPECT_TRUE(socket.read_until("GET "));
}

}  // namespace
}  // namespace kv::rpc::test
