// What strangers send to an open port. Each time the server has to survive and serve the next client.
#include <gtest/gtest.h>

#include "tests/unit/rpc/raw_socket.h"
#include "tests/unit/rpc/support.h"

namespace kv::rpc::test {
namespace {

using std::chrono::milliseconds;

class Abuse : public testing::Test {
 protected:
  Abuse() : server({.io_threads = 1, .handshake_timeout = milliseconds(300)}) {}
  ~Abuse() override {
    TestClient client(server.port);
    EXPECT_EQ(client.call("Unary", "next").response, "next");
  }

  /// Sends, then expects the connection to end.
  void expect_closed(std::string_view bytes) {
    RawSocket socket(server.port);
    socket.send(bytes);
    EXPECT_TRUE(socket.read_to_end());
  }

  TestServer server;
};

std::string many(std::string_view frame, int count) {
  std::string all = h2_preface();
  for (int i = 0; i < count; ++i) all.append(frame);
  return all;
}

TEST_F(Abuse, SilenceIsEndedAtTheHandshakeTimeout) {
  expect_closed("");
}

TEST_F(Abuse, HalfAPrefaceIsEndedAtTheHandshakeTimeout) {
  expect_closed("PRI * HTTP/2.0\r\n\r\n");
}

TEST_F(Abuse, AlmostThePrefaceIsABadHttpRequest) {
  RawSocket socket(server.port);
  socket.send("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
  EXPECT_TRUE(socket.read_to_end());
  EXPECT_TRUE(socket.received.starts_with("HTTP/1.1 400 ")) << socket.received;
}

TEST_F(Abuse, NoiseIsABadHttpRequest) {
  RawSocket socket(server.port);
  socket.send("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
  EXPECT_TRUE(socket.read_to_end());
}

TEST_F(Abuse, PrefaceWithoutSettingsIsClosed) {
  expect_closed("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + h2_frame(kPing, 0, 0, "12345678"));
}

TEST_F(Abuse, FramesThatLieAboutTheirLengthAreClosed) {
  expect_closed(h2_preface() + std::string("\xff\xff\xff\x00\x00\x00\x00\x00\x01", 9) + "short");
  expect_closed(h2_preface() + h2_frame(kPing, 0, 0, "seven.."));
  expect_closed(h2_preface() + h2_frame(kSettings, 0, 0, "seven.."));
  expect_closed(h2_preface() + h2_frame(kWindowUpdate, 0, 0, "12345"));
}

TEST_F(Abuse, DataOnStreamZeroIsClosed) {
  expect_closed(h2_preface() + h2_frame(kData, 0, 0, "data"));
}

TEST_F(Abuse, DataOnAnIdleStreamIsClosed) {
  expect_closed(h2_preface() + h2_frame(kData, 0, 5, "data"));
}

TEST_F(Abuse, EvenStreamIdsAreClosed) {
  expect_closed(h2_preface() + h2_call(2, "/test.Echo/Unary"));
}

TEST_F(Abuse, BrokenHeaderCompressionIsClosed) {
  expect_closed(h2_preface() + h2_frame(kHeaders, kEndHeaders, 1, "\xff\xff\xff\xff\xff\xff\xff\xff"));
}

TEST_F(Abuse, WindowOverflowIsClosed) {
  const std::string most = h2_frame(kWindowUpdate, 0, 0, "\x7f\xff\xff\xff");
  expect_closed(h2_preface() + most + most);
}

TEST_F(Abuse, SettingsFloodIsClosed) {
  expect_closed(many(h2_frame(kSettings, 0, 0, ""), 200000));
}

TEST_F(Abuse, PingFloodIsToldSoAndClosed) {
  RawSocket socket(server.port);
  socket.send(many(h2_frame(kPing, 0, 0, "12345678"), 20));
  EXPECT_TRUE(socket.read_until("too_many_pings"));
  EXPECT_TRUE(socket.read_to_end());
}

TEST_F(Abuse, RapidResetIsToldSoAndClosed) {
  RawSocket socket(server.port);
  socket.send(h2_preface());
  std::string batch;
  std::uint32_t stream = 1;
  for (int i = 0; i < 30000; ++i, stream += 2) {
    batch += h2_call(stream, "/test.Echo/Hang") + h2_frame(kReset, 0, stream, std::string("\0\0\0\x08", 4));
  }
  socket.send(batch);
  EXPECT_TRUE(socket.read_until("too_many_resets"));
}

TEST_F(Abuse, EmptyDataFloodIsToldSoAndClosed) {
  RawSocket socket(server.port);
  const std::string empty = h2_frame(kData, 0, 1, "");
  std::string bytes = h2_preface() + h2_call(1, "/test.Echo/Hang");
  for (int i = 0; i < 30000; ++i) bytes += empty;
  socket.send(bytes);
  EXPECT_TRUE(socket.read_until("too_many_empty_frames"));
}

TEST_F(Abuse, ContinuationFloodIsClosed) {
  std::string bytes = h2_preface() + h2_frame(kHeaders, 0, 1, hpack(":method", "POST"));
  const std::string more = h2_frame(kContinuation, 0, 1, hpack("x", std::string(16000, 'y')));
  for (int i = 0; i < 1000; ++i) bytes += more;
  expect_closed(bytes);
}

TEST_F(Abuse, HeadersOverTheLimitGetAStatus) {
  TestClient client(server.port);
  CallOptions options;
  for (int i = 0; i < 10; ++i) options.metadata.emplace_back("x-large", std::string(7000, 'x'));
  const UnaryResult result = client.call("Unary", "", options);
  EXPECT_EQ(result.status.code, Code::kResourceExhausted);
  EXPECT_TRUE(result.status.message.starts_with("grpc: header list larger than max ("))
      << result.status.message;
  EXPECT_EQ(client.call("Unary", "same connection").response, "same connection");
}

/// Sends one DATA frame with END_STREAM as the request of a call, expects `text` in the answer. grpc-message
/// is compressed on the wire, so the log of the client's view is not available: the frame type suffices.
void expect_trailers_only(TestServer& server, std::string_view body) {
  RawSocket socket(server.port);
  socket.send(h2_preface() + h2_call(1, "/test.Echo/Unary") + h2_frame(kData, kEndStream, 1, body));
  // HEADERS with END_STREAM and END_HEADERS on stream 1.
  EXPECT_TRUE(socket.read_until(std::string("\x01\x05\x00\x00\x00\x01", 6)));
}

TEST_F(Abuse, MalformedMessagesGetAStatus) {
  expect_trailers_only(server, std::string("\0\0\0\0\x0a", 5) + "half");        // less than announced
  expect_trailers_only(server, std::string("\0\0", 2));                         // half a prefix
  expect_trailers_only(server, "");                                             // no message at all
  expect_trailers_only(server, std::string("\0\xff\xff\xff\xff", 5) + "4GiB");  // more than allowed
  expect_trailers_only(server, std::string("\x07\0\0\0\0", 5));                 // an unknown flag
  expect_trailers_only(server, std::string("\x01\0\0\0\x01x", 6));  // compressed, without encoding
}

TEST_F(Abuse, ConnectionsThatBreakOffMidFrameAreForgotten) {
  for (int i = 0; i < 50; ++i) {
    RawSocket socket(server.port);
    socket.send(h2_preface() + h2_call(1, "/test.Echo/Unary") + std::string("\0\0\xff\0\0\0\0\0\x01", 9) +
                "partial");
  }
}

TEST_F(Abuse, AClientThatNeverReadsHoldsNobodyUp) {
  RawSocket socket(server.port);
  const std::string window(h2_frame(kWindowUpdate, 0, 0, std::string("\x7f\xff\x00\x00", 4)));
  const std::string settings = h2_frame(kSettings, 0, 0, std::string("\0\4\x7f\xff\xff\xff", 6));
  socket.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings + window);
  constexpr std::size_t kPieceBytes = 16384;
  const std::string body = std::string("\0\0\x08\0\0", 5) + std::string(1 << 19, 'm');
  for (std::uint32_t stream = 1; stream < 16; stream += 2) {
    std::string call = h2_call(stream, "/test.Echo/Unary");
    for (std::size_t at = 0; at < body.size(); at += kPieceBytes) {
      const bool last = at + kPieceBytes >= body.size();
      call += h2_frame(kData, last ? kEndStream : 0, stream, std::string_view(body).substr(at, kPieceBytes));
    }
    EXPECT_TRUE(socket.send(call));
  }
  TestClient client(server.port);
  EXPECT_EQ(client.call("Unary", "others").response, "others");
}

std::string heavy_calls(std::uint32_t first_stream, int count) {
  std::string calls;
  for (std::uint32_t stream = first_stream; count > 0; stream += 2, --count) {
    calls += h2_call(stream, "/test.Echo/Heavy") +
             h2_frame(kData, kEndStream, stream, std::string("\0\0\0\0\0", 5));
  }
  return calls;
}

constexpr int kHeavyCalls = 1000;
// What a connection may have queued, in answers of Heavy, and the one that goes over it.
constexpr int kHeavyAhead = 64 + 1;

/// Answers are not made ahead of a client that does not take them: memory, and the time of all others.
TEST_F(Abuse, AnswersAreNotMadeForAClientThatNeverReads) {
  RawSocket socket(server.port);
  socket.send(h2_preface() + heavy_calls(1, kHeavyCalls));
  ASSERT_TRUE(server.made.wait(kHeavyAhead));
  TestClient client(server.port);  // on the same thread
  for (int i = 0; i < 100; ++i) EXPECT_EQ(client.call("Unary", "others").response, "others");
  EXPECT_EQ(server.made.count(), kHeavyAhead);
}

TEST_F(Abuse, AnswersThatWereResetMeanwhileAreNeverMade) {
  RawSocket socket(server.port);
  constexpr std::uint32_t kKept = kHeavyAhead + 15;
  std::string calls = h2_preface() + heavy_calls(1, kHeavyCalls);
  for (std::uint32_t call = kKept; call < kHeavyCalls; ++call) {
    calls += h2_frame(kReset, 0, 2 * call + 1, std::string("\0\0\0\x08", 4));
  }
  socket.send(calls + h2_frame(kPing, 0, 0, "all read"));
  ASSERT_TRUE(socket.read_until("all read"));
  const std::string wide = std::string("\x7f\xff\x00\x00", 4);
  std::string windows = h2_frame(kWindowUpdate, 0, 0, wide);
  for (std::uint32_t call = 0; call < kKept; ++call) {
    windows += h2_frame(kWindowUpdate, 0, 2 * call + 1, wide);
  }
  socket.send(windows);
  EXPECT_TRUE(socket.read_at_least(kKept << 20U));
  TestClient client(server.port);
  EXPECT_EQ(client.call("Unary", "others").response, "others");
  EXPECT_EQ(server.made.count(), kKept);
}

TEST_F(Abuse, AnswersThatWereHeldBackComeOnceTheClientReads) {
  TestClient client(server.port);
  Signal answered;
  for (int i = 0; i < 200; ++i) {
    client.channel->unary("/test.Echo/Heavy", "", {}, [&answered](UnaryResult result) {
      EXPECT_EQ(result.response.size(), 1U << 20U);
      answered.raise();
    });
  }
  EXPECT_TRUE(answered.wait(200));
}

TEST_F(Abuse, MalformedHeadersResetTheirStreamOnly) {
  const std::string method = hpack(":method", "POST");
  const std::string scheme = hpack(":scheme", "http");
  const std::string path = hpack(":path", "/test.Echo/Unary");
  const std::string grpc = hpack("content-type", "application/grpc");
  const std::vector<std::string> blocks{
      method + scheme + grpc,                                        // no path
      method + method + scheme + path + grpc,                        // twice
      method + scheme + grpc + path,                                 // pseudo-header after a regular one
      method + scheme + path + hpack(":status", "200") + grpc,       // not a request's
      method + scheme + path + grpc + hpack("Upper", "x"),           // not in lower case
      method + scheme + path + grpc + hpack("", "x"),                // no name
      method + scheme + path + grpc + hpack("x", "a\r\nb: c"),       // smuggling
      method + scheme + path + grpc + hpack("connection", "close"),  // HTTP/1.1's
      method + scheme + path + grpc + hpack("te", "chunked"),        // likewise
      hpack(":method", "PO ST") + scheme + path + grpc,              // not a token
      method + scheme + hpack(":path", "/a\n") + grpc,               // not a path
  };
  RawSocket socket(server.port);
  std::string bytes = h2_preface();
  std::uint32_t stream = 1;
  for (const std::string& block : blocks) {
    bytes += h2_frame(kHeaders, kEndStream | kEndHeaders, stream, block);
    stream += 2;
  }
  socket.send(bytes);
  for (std::uint32_t reset = 1; reset < stream; reset += 2) {
    EXPECT_TRUE(socket.read_until(h2_frame(kReset, 0, reset, std::string("\0\0\0\1", 4)))) << reset;
  }
  socket.send(h2_call(stream, "/test.Echo/Unary") +
              h2_frame(kData, kEndStream, stream, std::string("\0\0\0\0\2ok", 7)));
  EXPECT_TRUE(socket.read_until(std::string("\0\0\0\0\2ok", 7)));
}

}  // namespace
}  // namespace kv::rpc::test
