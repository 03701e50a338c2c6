#include <variant>

#include "libraft/base/bytes.h"
#include "libraft/base/check.h"
#include "libraft/net/codec.h"
#include "libraft/net/message_kind.h"

namespace raft {
namespace {

constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kEntryHeadBytes = kNumberBytes + 1;  // term, type

constexpr std::size_t varint_size(std::uint64_t value) {
  std::size_t size = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++size;
  }
  return size;
}

std::size_t bytes_size(std::size_t length) {
  return varint_size(length) + length;
}

std::string_view view(const SharedBytes& bytes) {
  return bytes ? std::string_view(*bytes) : std::string_view();
}

// Sizes, without the kind's byte.

std::size_t body_size(const RequestVote&) {
  return 3 * kNumberBytes + 1;
}
std::size_t body_size(const VoteReply&) {
  return kNumberBytes + 1;
}
std::size_t body_size(const AppendEntries& m) {
  std::size_t size = 5 * kNumberBytes + varint_size(m.entries.size());
  for (const Entry& entry : m.entries) size += kEntryHeadBytes + bytes_size(entry.bytes().size());
  return size;
}
std::size_t body_size(const AppendReply&) {
  return 5 * kNumberBytes + 1;
}
std::size_t body_size(const TimeoutNow&) {
  return kNumberBytes;
}
std::size_t body_size(const ForwardProposals& m) {
  std::size_t size = kNumberBytes + varint_size(m.payloads.size());
  for (const SharedBytes& payload : m.payloads) size += bytes_size(view(payload).size());
  return size;
}
std::size_t body_size(const ReadIndexRequest&) {
  return 2 * kNumberBytes;
}
std::size_t body_size(const ReadIndexReply&) {
  return 3 * kNumberBytes;
}

std::size_t body_size(const SnapshotChunk& m) {
  return 5 * kNumberBytes + 1 + bytes_size(view(m.bytes).size());
}
std::size_t body_size(const SnapshotAck&) {
  return 3 * kNumberBytes + 1;
}
std::size_t body_size(const ServiceNote& m) {
  return kNumberBytes + bytes_size(view(m.bytes).size());
}

std::size_t body_size(const ElectionPriority&) {
  return kNumberBytes + 1;
}

// Writing.

std::uint8_t flags(bool first, bool second = false) {
  return static_cast<std::uint8_t>((first ? 1 : 0) | (second ? 2 : 0));
}

void begin(ByteWriter& to, MessageKind kind, Term term) {
  to.u8(static_cast<std::uint8_t>(kind));
  to.u64(term.value());
}

void write(ByteWriter& to, EntryId id) {
  to.u64(id.index.value());
  to.u64(id.term.value());
}

void write(ByteWriter& to, const RequestVote& m) {
  begin(to, MessageKind::kRequestVote, m.term);
  to.u8(flags(m.pre_vote, m.transfer));
  write(to, m.last);
}

void write(ByteWriter& to, const VoteReply& m) {
  begin(to, MessageKind::kVoteReply, m.term);
  to.u8(flags(m.pre_vote, m.granted));
}

void write(ByteWriter& to, const AppendEntries& m) {
  begin(to, MessageKind::kAppendEntries, m.term);
  write(to, m.previous);
  to.u64(m.commit.value());
  to.u64(m.round);
  to.varint(m.entries.size());
  Index expected = m.previous.index;
  for (const Entry& entry : m.entries) {
    expected = expected.next();
    RAFT_CHECK(entry.index == expected);
    to.u64(entry.term.value());
    to.u8(static_cast<std::uint8_t>(entry.type));
    to.bytes(entry.bytes());
  }
}

void write(ByteWriter& to, const AppendReply& m) {
  begin(to, MessageKind::kAppendReply, m.term);
  to.u8(flags(m.success));
  to.u64(m.match.value());
  write(to, m.hint);
  to.u64(m.round);
}

void write(ByteWriter& to, const TimeoutNow& m) {
  begin(to, MessageKind::kTimeoutNow, m.term);
}

void write(ByteWriter& to, const ForwardProposals& m) {
  begin(to, MessageKind::kForwardProposals, m.term);
  to.varint(m.payloads.size());
  for (const SharedBytes& payload : m.payloads) to.bytes(view(payload));
}

void write(ByteWriter& to, const ReadIndexRequest& m) {
  begin(to, MessageKind::kReadIndexRequest, m.term);
  to.u64(m.id);
}

void write(ByteWriter& to, const ReadIndexReply& m) {
  begin(to, MessageKind::kReadIndexReply, m.term);
  to.u64(m.id);
  to.u64(m.index.value());
}

void write(ByteWriter& to, const SnapshotChunk& m) {
  begin(to, MessageKind::kSnapshotChunk, m.term);
  to.u8(flags(m.bytes == nullptr));
  to.u64(m.transfer);
  write(to, m.last);
  to.u64(m.number);
  to.bytes(view(m.bytes));
}

void write(ByteWriter& to, const SnapshotAck& m) {
  begin(to, MessageKind::kSnapshotAck, m.term);
  to.u8(static_cast<std::uint8_t>(m.verdict));
  to.u64(m.transfer);
  to.u64(m.next);
}

void write(ByteWriter& to, const ServiceNote& m) {
  begin(to, MessageKind::kServiceNote, m.term);
  to.bytes(view(m.bytes));
}

void write(ByteWriter& to, const ElectionPriority& m) {
  begin(to, MessageKind::kElectionPriority, m.term);
  to.u8(m.priority);
}

}  // namespace

std::size_t encoded_size(const Message& message) {
  return 1 + std::visit([](const auto& m) { return body_size(m); }, message);
}

void encode(const Message& message, std::string& out) {
  ByteWriter to(out);
  std::visit([&to](const auto& m) { write(to, m); }, message);
}

}  // namespace raft
