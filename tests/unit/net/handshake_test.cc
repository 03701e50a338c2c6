#include "libraft/net/handshake.h"

#include <gtest/gtest.h>

#include "libraft/base/bytes.h"
#include "libraft/net/codec.h"
#include "libraft/net/frame.h"
#include "tests/unit/net/member.h"
#include "tests/unit/net/raw_socket.h"

namespace raft {
namespace {

constexpr Hello kHello{.cluster_id = 0xc1, .sender = NodeId(0xa), .receiver = NodeId(0xb)};

Expectation expected() {
  return {.cluster_id = 0xc1, .self = NodeId(0xb), .peer = NodeId(0xa)};
}

std::string body_of(const std::string& frame) {
  return frame.substr(kFrameHeaderBytes);
}

TEST(Handshake, GoodHelloIsAccepted) {
  EXPECT_EQ(judge(kHello, expected()), std::nullopt);
  Expectation anyone = expected();
  anyone.peer.reset();
  EXPECT_EQ(judge(kHello, anyone), std::nullopt);
}

TEST(Handshake, HelloComesBackAsItWas) {
  const auto hello = decode_hello(body_of(hello_frame(kHello)));
  ASSERT_TRUE(hello);
  EXPECT_EQ(*hello, kHello);
}

TEST(Handshake, HelloCutShortIsCorruption) {
  const std::string body = body_of(hello_frame(kHello));
  for (std::size_t length = 0; length < body.size(); ++length) {
    EXPECT_FALSE(decode_hello(std::string_view(body).substr(0, length)));
  }
}

TEST(Handshake, WhatNewerVersionsAddToAHelloIsLeftAlone) {
  EXPECT_EQ(*decode_hello(body_of(hello_frame(kHello)) + std::string("\0and more", 9)), kHello);
}

TEST(Handshake, AnotherClusterIsRefused) {
  Hello hello = kHello;
  hello.cluster_id = 0xc2;
  const auto refusal = judge(hello, expected());
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, RefusalCode::kCluster);
  EXPECT_EQ(refusal->reason, "member a is of cluster c2, member b of cluster c1");
}

TEST(Handshake, AnotherReceiverIsRefused) {
  Hello hello = kHello;
  hello.receiver = NodeId(0xd);
  const auto refusal = judge(hello, expected());
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, RefusalCode::kReceiver);
  EXPECT_EQ(refusal->reason, "member a wants member d, this is member b");
}

TEST(Handshake, AnotherSenderThanTheOneDialledIsRefused) {
  Hello hello = kHello;
  hello.sender = NodeId(0xd);
  const auto refusal = judge(hello, expected());
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, RefusalCode::kSender);
  EXPECT_EQ(refusal->reason, "member a was expected, member d answered");
}

TEST(Handshake, OwnIdAndNobodysIdAreRefused) {
  Expectation anyone = expected();
  anyone.peer.reset();
  for (const NodeId id : {anyone.self, NodeId(0)}) {
    Hello hello = kHello;
    hello.sender = id;
    const auto refusal = judge(hello, anyone);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->code, RefusalCode::kSender);
  }
}

TEST(Handshake, VersionsMustOverlap) {
  Hello hello = kHello;
  hello.newest = 7;
  EXPECT_EQ(judge(hello, expected()), std::nullopt) << "it speaks 1 to 7";
  hello.oldest = 3;
  const auto refusal = judge(hello, expected());
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, RefusalCode::kVersion);
  EXPECT_EQ(refusal->reason, "member a speaks peer protocol 3 to 7, member b speaks 1 to 2");
}

TEST(Handshake, WhatAnOlderPeerDoesNotKnowIsNotSentToIt) {
  Member a(1);
  RawListener listener;
  a.knows(2, listener.port());
  a.start();
  for (const std::uint32_t version : {1U, 2U}) {
    RawSocket socket = listener.accept();
    ASSERT_TRUE(socket.receive());
    socket.send(hello_frame(
        {.newest = version, .cluster_id = kTestCluster, .sender = NodeId(2), .receiver = NodeId(1)}));
    ASSERT_TRUE(a.wait_connected(NodeId(2)));
    a.send(NodeId(2), ElectionPriority{Term(1), 7});
    a.send(NodeId(2), TimeoutNow{Term(1)});
    std::vector<Message> heard;
    while (heard.empty() || !std::holds_alternative<TimeoutNow>(heard.back())) {
      const auto frame = socket.receive();
      ASSERT_TRUE(frame);
      ASSERT_TRUE(decode_messages(frame->body, heard));
    }
    EXPECT_EQ(heard.size(), version);
  }
}

TEST(Handshake, UnknownVersionIsTheFirstThingSaid) {
  // Of a version that is not ours, nothing else in the hello may be judged.
  const Hello hello{.newest = 9, .oldest = 9, .cluster_id = 1, .sender = NodeId(0), .receiver = NodeId(1)};
  EXPECT_EQ(judge(hello, expected())->code, RefusalCode::kVersion);
}

TEST(Handshake, RefusalComesBackAsItWas) {
  const Refusal refusal{RefusalCode::kReceiver, "member a wants member d, this is member b"};
  const auto back = decode_refusal(body_of(refusal_frame(refusal)));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, refusal);
}

TEST(Handshake, RefusalOfAStrangerIsMadePrintableAndShort) {
  std::string body("\x02", 1);
  ByteWriter(body).bytes("line\nline\x1b[31m" + std::string(900, 'x'));
  const auto refusal = decode_refusal(body);
  ASSERT_TRUE(refusal);
  EXPECT_TRUE(refusal->reason.starts_with("line?line?[31mxxx"));
  EXPECT_EQ(refusal->reason.size(), 512U);
}

TEST(Handshake, LongReasonsFitIntoAFrame) {
  const std::string frame = refusal_frame({RefusalCode::kCluster, std::string(5000, 'r')});
  EXPECT_LE(frame.size(), kFrameHeaderBytes + kHandshakeBodyBytesMax);
}

}  // namespace
}  // namespace raft
