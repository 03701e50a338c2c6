#include "libraft/net/handshake.h"

#include <algorithm>
#include <charconv>

#include "libraft/base/bytes.h"
#include "libraft/core/describe.h"
#include "libraft/net/frame.h"

namespace raft {
namespace {

constexpr std::size_t kReasonBytesMax = 512;
static_assert(kReasonBytesMax + 8 < kHandshakeBodyBytesMax);

std::string versions(std::uint32_t oldest, std::uint32_t newest) {
  return std::to_string(oldest) + " to " + std::to_string(newest);
}

std::string hex(std::uint64_t id) {
  return describe(NodeId(id));
}

/// What a stranger sent ends in a log: one line of printable characters.
std::string printable(std::string_view text) {
  std::string clean(text.substr(0, kReasonBytesMax));
  std::ranges::replace_if(clean, [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return clean;
}

}  // namespace

std::string hello_frame(const Hello& hello) {
  std::string frame;
  begin_frame(frame);
  ByteWriter to(frame);
  to.u32(hello.newest);
  to.u32(hello.oldest);
  to.u64(hello.cluster_id);
  to.u64(hello.sender.value());
  to.u64(hello.receiver.value());
  if (hello.lane != Lane::kUsual) to.u8(static_cast<std::uint8_t>(hello.lane));
  finish_frame(frame, FrameType::kHello);
  return frame;
}

std::string refusal_frame(const Refusal& refusal) {
  std::string frame;
  begin_frame(frame);
  ByteWriter to(frame);
  to.u8(static_cast<std::uint8_t>(refusal.code));
  to.bytes(std::string_view(refusal.reason).substr(0, kReasonBytesMax));
  finish_frame(frame, FrameType::kRefusal);
  return frame;
}

Result<Hello> decode_hello(std::string_view body) {
  ByteReader from(body);
  Hello hello;
  hello.newest = from.u32();
  hello.oldest = from.u32();
  hello.cluster_id = from.u64();
  hello.sender = NodeId(from.u64());
  hello.receiver = NodeId(from.u64());
  if (!from.ok()) return fail(ErrorCode::kCorruption, "hello", "it is cut short");
  if (from.rest().empty()) return hello;
  const std::uint8_t lane = from.u8();
  if (lane > static_cast<std::uint8_t>(Lane::kStates))
    return fail(ErrorCode::kMismatch, "hello", "unknown lane");
  hello.lane = static_cast<Lane>(lane);
  return hello;
}

Result<Refusal> decode_refusal(std::string_view body) {
  ByteReader from(body);
  const auto code = static_cast<RefusalCode>(from.u8());
  const std::string_view reason = from.bytes();
  if (!from.ok()) return fail(ErrorCode::kCorruption, "refusal", "it is cut short");
  return Refusal{code, printable(reason)};
}

std::optional<Refusal> judge(const Hello& hello, const Expectation& expected) {
  if (hello.oldest > kPeerProtocolNewest || hello.newest < kPeerProtocolOldest) {
    return Refusal{RefusalCode::kVersion, "member " + describe(hello.sender) + " speaks peer protocol " +
                                              versions(hello.oldest, hello.newest) + ", member " +
                                              describe(expected.self) + " speaks " +
                                              versions(kPeerProtocolOldest, kPeerProtocolNewest)};
  }
  if (hello.cluster_id != expected.cluster_id) {
    return Refusal{RefusalCode::kCluster, "member " + describe(hello.sender) + " is of cluster " +
                                              hex(hello.cluster_id) + ", member " + describe(expected.self) +
                                              " of cluster " + hex(expected.cluster_id)};
  }
  if (hello.receiver != expected.self) {
    return Refusal{RefusalCode::kReceiver, "member " + describe(hello.sender) + " wants member " +
                                               describe(hello.receiver) + ", this is member " +
                                               describe(expected.self)};
  }
  if (hello.sender == expected.self || hello.sender == NodeId(0)) {
    return Refusal{RefusalCode::kSender, "a peer claims the id " + describe(hello.sender) + ", which is " +
                                             (hello.sender == NodeId(0) ? "nobody's" : "this member's own")};
  }
  if (expected.peer && hello.sender != *expected.peer) {
    return Refusal{RefusalCode::kSender, "member " + describe(*expected.peer) + " was expected, member " +
                                             describe(hello.sender) + " answered"};
  }
  return std::nullopt;
}

}  // namespace raft
