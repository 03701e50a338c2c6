// Whatever comes over the network: wrong members, strangers, broken frames, peers that stop halfway.
#include <gtest/gtest.h>

#include <chrono>

#include "libraft/base/bytes.h"
#include "libraft/base/random.h"
#include "libraft/net/codec.h"
#include "libraft/net/handshake.h"
#include "tests/unit/net/member.h"
#include "tests/unit/net/raw_socket.h"
#include "tests/unit/net/sample_messages.h"

namespace raft {
namespace {

using std::chrono::milliseconds;

Hello hello_to(const Member& member, std::uint64_t sender) {
  return {.cluster_id = kTestCluster, .sender = NodeId(sender), .receiver = member.id()};
}

std::string messages_frame(const std::vector<Message>& messages) {
  std::string frame;
  begin_frame(frame);
  for (const Message& message : messages) encode(message, frame);
  finish_frame(frame, FrameType::kMessages);
  return frame;
}

/// A stranger that went through the handshake with `member` as member `id`.
RawSocket introduced(const Member& member, std::uint64_t id) {
  RawSocket socket = RawSocket::dial(member.port());
  socket.send(hello_frame(hello_to(member, id)));
  const auto answer = socket.receive();
  EXPECT_TRUE(answer && answer->type == FrameType::kHello);
  return socket;
}

/// What `hello` is answered with, if that is a refusal.
std::string refusal_of(const Member& member, const Hello& hello) {
  RawSocket socket = RawSocket::dial(member.port());
  socket.send(hello_frame(hello));
  const auto answer = socket.receive();
  if (!answer || answer->type != FrameType::kRefusal) return "no refusal";
  EXPECT_TRUE(socket.hung_up());
  return decode_refusal(answer->body)->reason;
}

TEST(HostilePeer, OfAnotherClusterIsRefusedWithAReasonSaidOnce) {
  AsioTransportOptions options = member_options(1);
  options.cluster_id = 0xbad;
  Member a(std::move(options));
  Member b(2);
  a.knows(b);
  a.start();
  b.start();
  ASSERT_TRUE(a.wait_until([&] { return a.counters(b.id()).connect_failures >= 4; }));
  const std::string reason = "member 1 is of cluster bad, member 2 of cluster c1";
  EXPECT_FALSE(a.transport->connected(b.id()));
  EXPECT_EQ(a.logged("refused by the peer: " + reason), 1U);
  EXPECT_EQ(b.logged("event=peer-refused"), 1U);
  EXPECT_EQ(b.logged(reason), 1U);
  EXPECT_GE(b.transport->counters().handshakes_refused, 4U);
  EXPECT_GE(a.counters(b.id()).refusals, 4U);
}

TEST(HostilePeer, AtTheAddressOfAnotherMemberIsRefused) {
  Member a(1);
  Member b(2);
  a.knows(3, b.port());
  a.start();
  b.start();
  EXPECT_TRUE(a.wait_logged("refused by the peer: member 1 wants member 3, this is member 2"));
  EXPECT_FALSE(a.transport->connected(NodeId(3)));
  EXPECT_GE(b.counters(a.id()).refusals, 1U);
}

TEST(HostilePeer, OfAnUnknownVersionIsRefused) {
  Member a(1);
  a.start();
  Hello hello = hello_to(a, 2);
  hello.oldest = hello.newest = 9;
  EXPECT_EQ(refusal_of(a, hello), "member 2 speaks peer protocol 9 to 9, member 1 speaks 1 to 2");
}

TEST(HostilePeer, WithOurOwnIdIsRefused) {
  Member a(1);
  a.start();
  EXPECT_EQ(refusal_of(a, hello_to(a, 1)), "a peer claims the id 1, which is this member's own");
}

TEST(HostilePeer, AnsweringWithAnUnknownVersionIsLeft) {
  Member a(1);
  RawListener listener;
  a.knows(2, listener.port());
  a.start();
  RawSocket socket = listener.accept();
  ASSERT_TRUE(socket.receive());
  socket.send(hello_frame(
      {.newest = 9, .oldest = 9, .cluster_id = kTestCluster, .sender = NodeId(2), .receiver = NodeId(1)}));
  EXPECT_TRUE(socket.hung_up());
  EXPECT_TRUE(a.wait_logged("refused: member 2 speaks peer protocol 9 to 9"));
}

TEST(HostilePeer, AnsweringWithGarbageIsLeft) {
  for (const std::string& answer : {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string(2000, '\0'),
                                    messages_frame({TimeoutNow{Term(1)}})}) {
    Member a(1);
    RawListener listener;
    a.knows(2, listener.port());
    a.start();
    RawSocket socket = listener.accept();
    ASSERT_TRUE(socket.receive());
    socket.send(answer);
    EXPECT_TRUE(socket.hung_up());
    EXPECT_TRUE(a.wait_logged("event=peer-unreachable peer=2"));
  }
}

TEST(HostilePeer, ThatNeverAnswersIsGivenUp) {
  AsioTransportOptions options = member_options(1);
  options.limits.connect_timeout = milliseconds(50);
  Member a(std::move(options));
  RawListener listener;
  a.knows(2, listener.port());
  a.start();
  EXPECT_TRUE(a.wait_logged("no answer within 50 ms"));
}

TEST(HostilePeer, ThatHangsUpIsNoticedWithoutSending) {
  Member a(1);
  RawListener listener;
  a.knows(2, listener.port());
  a.start();
  {
    RawSocket socket = listener.accept();
    ASSERT_TRUE(socket.receive());
    socket.send(hello_frame({.cluster_id = kTestCluster, .sender = NodeId(2), .receiver = NodeId(1)}));
    ASSERT_TRUE(a.wait_connected(NodeId(2)));
  }
  EXPECT_TRUE(a.wait_logged("event=peer-lost peer=2"));
}

TEST(HostilePeer, ThatNeverReadsDoesNotBlockSend) {
  AsioTransportOptions options = member_options(1);
  options.limits.queue_bytes_max = 1U << 20U;
  options.limits.stall_timeout = milliseconds(200);
  Member a(std::move(options));
  RawListener listener;
  a.knows(2, listener.port());
  a.start();
  RawSocket socket = listener.accept();
  ASSERT_TRUE(socket.receive());
  socket.send(hello_frame({.cluster_id = kTestCluster, .sender = NodeId(2), .receiver = NodeId(1)}));
  ASSERT_TRUE(a.wait_connected(NodeId(2)));
  const SharedBytes payload = shared(std::string(64U << 10U, 'x'));
  // First the kernel's buffers fill, then the queue.
  EXPECT_TRUE(a.wait_until([&] {
    for (int i = 0; i < 100; ++i) a.send(NodeId(2), ForwardProposals{Term(1), {payload}});
    return a.logged("nothing could be written for 200 ms") > 0;
  }));
  EXPECT_GT(a.counters(NodeId(2)).messages_dropped, 0U);
  EXPECT_FALSE(a.transport->connected(NodeId(2)));
}

TEST(HostilePeer, ThatTalksGarbageDoesNotDisturbOthers) {
  Pair pair;
  Random random(1);
  std::uint64_t sent = 0;
  std::string random_bytes(5000, '\0');
  for (char& byte : random_bytes) byte = static_cast<char>(random.next());
  const std::string hello = hello_frame(hello_to(pair.b, 9));
  std::string lying = hello;
  lying[8] = lying[9] = lying[10] = lying[11] = '\xff';
  for (const std::string& garbage :
       {random_bytes, std::string("GET / HTTP/1.1\r\n\r\n"), std::string(5000, '\0'), lying,
        hello + random_bytes, messages_frame({TimeoutNow{Term(1)}}), hello + hello,
        hello + refusal_frame({RefusalCode::kCluster, "no"})}) {
    RawSocket socket = RawSocket::dial(pair.b.port());
    socket.send(garbage);
    EXPECT_TRUE(socket.hung_up());
    pair.a.send(pair.b.id(), numbered(sent, 10));
    sent += 10;
  }
  ASSERT_TRUE(pair.b.wait_received(pair.a.id(), sent));
  EXPECT_TRUE(in_order_from(0, pair.b.received(pair.a.id())));
  EXPECT_TRUE(pair.b.received(NodeId(9)).empty());
  EXPECT_EQ(pair.b.transport->counters().protocol_errors, 8U);
  EXPECT_EQ(pair.a.counters(pair.b.id()).connects, 1U);
}

TEST(HostilePeer, HasItsGoodMessagesDeliveredBeforeTheBadOne) {
  Member a(1);
  a.start();
  RawSocket socket = introduced(a, 2);
  std::string bad = messages_frame({TimeoutNow{Term(3)}, TimeoutNow{Term(4)}});
  bad.erase(bad.size() - 1);
  const std::string body = bad.substr(kFrameHeaderBytes);
  bad.clear();
  begin_frame(bad);
  bad += body;
  finish_frame(bad, FrameType::kMessages);
  socket.send(messages_frame({TimeoutNow{Term(1)}, TimeoutNow{Term(2)}}) + bad);
  EXPECT_TRUE(socket.hung_up());
  EXPECT_TRUE(a.wait_logged("message at byte 9: the message is cut short"));
  EXPECT_EQ(a.received(NodeId(2)).size(), 3U);
  EXPECT_TRUE(in_order_from(1, a.received(NodeId(2))));
}

TEST(HostilePeer, ThatSaysNothingIsHungUpOn) {
  AsioTransportOptions options = member_options(1);
  options.limits.handshake_timeout = milliseconds(50);
  Member a(std::move(options));
  a.start();
  RawSocket socket = RawSocket::dial(a.port());
  socket.send(hello_frame(hello_to(a, 2)).substr(0, 30));
  EXPECT_TRUE(socket.hung_up());
  EXPECT_EQ(a.logged("no hello within 50 ms"), 1U);
}

TEST(HostilePeer, ThatStopsInsideAFrameIsHungUpOnAndAnIdleOneIsNot) {
  AsioTransportOptions options = member_options(1);
  options.limits.stall_timeout = milliseconds(50);
  Member a(std::move(options));
  a.start();
  RawSocket idle = introduced(a, 2);
  RawSocket halfway = introduced(a, 3);
  const std::string frame = messages_frame({TimeoutNow{Term(1)}});
  halfway.send(frame.substr(0, frame.size() - 1));
  EXPECT_TRUE(halfway.hung_up());
  EXPECT_EQ(a.logged("the rest of a frame did not come within 50 ms"), 1U);
  idle.send(frame);
  EXPECT_TRUE(a.wait_received(NodeId(2), 1));
}

TEST(HostilePeer, ThatDialsAgainReplacesItsOldConnection) {
  Member a(1);
  a.start();
  RawSocket first = introduced(a, 2);
  RawSocket second = introduced(a, 2);
  EXPECT_TRUE(first.hung_up());
  second.send(messages_frame({TimeoutNow{Term(1)}}));
  EXPECT_TRUE(a.wait_received(NodeId(2), 1));
}

TEST(HostilePeer, BeyondTheLimitOfConnectionsIsRejected) {
  AsioTransportOptions options = member_options(1);
  options.limits.connections_max = 2;
  Member a(std::move(options));
  a.start();
  RawSocket first = introduced(a, 2);
  {
    RawSocket second = introduced(a, 3);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(RawSocket::dial(a.port()).hung_up());
    EXPECT_EQ(a.transport->counters().rejected, 3U);
    EXPECT_EQ(a.logged("connections_max is 2"), 1U);
  }
  // The place of the one that left is free again, as soon as its leaving was noticed.
  EXPECT_TRUE(a.wait_until([&] {
    RawSocket third = RawSocket::dial(a.port());
    third.send(hello_frame(hello_to(a, 4)));
    return third.receive().has_value();
  }));
}

}  // namespace
}  // namespace raft
