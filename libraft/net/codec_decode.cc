#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "libraft/base/bytes.h"
#include "libraft/net/codec.h"
#include "libraft/net/message_kind.h"

namespace raft {
namespace {

/// What an element of a list takes at least; with the bytes that are left it bounds a count before anything
/// is allocated for it.
constexpr std::size_t kEntryBytesMin = 10;  // term, type, the length of nothing
constexpr std::size_t kProposalBytesMin = 1;
/// Lists grow from here when the count claims more: a small frame never reserves much.
constexpr std::size_t kReservedElementsMax = 65536;

// A reader past its end gives zeros; read_as looks at ok() once per message.

constexpr const char* kCutShort = "the message is cut short";

/// Why a message cannot be accepted; null when it can.
using Fault = const char*;

/// Unknown bits are of a version that was not agreed on.
Fault read_flags(ByteReader& from, std::uint8_t known, std::uint8_t& bits) {
  bits = from.u8();
  return (bits & ~known) != 0 ? "unknown flag" : nullptr;
}

EntryId read_entry_id(ByteReader& from) {
  const Index index(from.u64());
  return {index, Term(from.u64())};
}

/// A list's count, when so many elements can be in the bytes that are left.
std::optional<std::size_t> read_count(ByteReader& from, std::size_t element_bytes_min) {
  const std::uint64_t count = from.varint();
  if (count > from.rest().size() / element_bytes_min) return std::nullopt;
  return static_cast<std::size_t>(count);
}

Fault read(ByteReader& from, RequestVote& m) {
  std::uint8_t bits = 0;
  if (Fault fault = read_flags(from, 3, bits)) return fault;
  m.pre_vote = (bits & 1) != 0;
  m.transfer = (bits & 2) != 0;
  m.last = read_entry_id(from);
  return nullptr;
}

Fault read(ByteReader& from, VoteReply& m) {
  std::uint8_t bits = 0;
  if (Fault fault = read_flags(from, 3, bits)) return fault;
  m.pre_vote = (bits & 1) != 0;
  m.granted = (bits & 2) != 0;
  return nullptr;
}

Fault read(ByteReader& from, Entry& entry) {
  entry.term = Term(from.u64());
  const std::uint8_t type = from.u8();
  if (type > static_cast<std::uint8_t>(EntryType::kConfiguration)) return "unknown entry type";
  entry.type = static_cast<EntryType>(type);
  const std::string_view payload = from.bytes();
  if (payload.size() > kPayloadBytesMax) return "the payload is over the limit";
  if (!payload.empty()) entry.payload = std::make_shared<const std::string>(payload);
  return nullptr;
}

Fault read(ByteReader& from, AppendEntries& m) {
  m.previous = read_entry_id(from);
  m.commit = Index(from.u64());
  m.round = from.u64();
  const auto count = read_count(from, kEntryBytesMin);
  if (!count) return "more entries than bytes";
  if (*count > std::numeric_limits<std::uint64_t>::max() - m.previous.index.value()) {
    return "entries beyond the last index";
  }
  m.entries.reserve(std::min(*count, kReservedElementsMax));
  Index index = m.previous.index;
  for (std::size_t i = 0; i < *count; ++i) {
    Entry& entry = m.entries.emplace_back();
    entry.index = index = index.next();
    if (Fault fault = read(from, entry)) return fault;
    if (!from.ok()) return kCutShort;
  }
  return nullptr;
}

Fault read(ByteReader& from, AppendReply& m) {
  std::uint8_t bits = 0;
  if (Fault fault = read_flags(from, 1, bits)) return fault;
  m.success = bits != 0;
  m.match = Index(from.u64());
  m.hint = read_entry_id(from);
  m.round = from.u64();
  return nullptr;
}

Fault read(ByteReader&, TimeoutNow&) {
  return nullptr;
}

Fault read(ByteReader& from, ForwardProposals& m) {
  const auto count = read_count(from, kProposalBytesMin);
  if (!count) return "more proposals than bytes";
  m.payloads.reserve(std::min(*count, kReservedElementsMax));
  for (std::size_t i = 0; i < *count; ++i) {
    const std::string_view payload = from.bytes();
    if (!from.ok()) return kCutShort;
    if (payload.size() > kPayloadBytesMax) return "the proposal is over the limit";
    m.payloads.push_back(std::make_shared<const std::string>(payload));
  }
  return nullptr;
}

Fault read(ByteReader& from, ReadIndexRequest& m) {
  m.id = from.u64();
  return nullptr;
}

Fault read(ByteReader& from, ReadIndexReply& m) {
  m.id = from.u64();
  m.index = Index(from.u64());
  return nullptr;
}

Fault read(ByteReader& from, SnapshotChunk& m) {
  std::uint8_t bits = 0;
  if (Fault fault = read_flags(from, 1, bits)) return fault;
  m.transfer = from.u64();
  m.last = read_entry_id(from);
  m.number = from.u64();
  const std::string_view bytes = from.bytes();
  const bool end = bits != 0;
  if (end != bytes.empty()) return "a chunk is empty, or an end is not";
  if (bytes.size() > kPayloadBytesMax) return "the chunk is over the limit";
  if (!end) m.bytes = std::make_shared<const std::string>(bytes);
  return nullptr;
}

Fault read(ByteReader& from, SnapshotAck& m) {
  const std::uint8_t verdict = from.u8();
  if (verdict > static_cast<std::uint8_t>(SnapshotAck::Verdict::kRefused)) return "unknown verdict";
  m.verdict = static_cast<SnapshotAck::Verdict>(verdict);
  m.transfer = from.u64();
  m.next = from.u64();
  return nullptr;
}

Fault read(ByteReader& from, ServiceNote& m) {
  const std::string_view bytes = from.bytes();
  if (bytes.size() > kPayloadBytesMax) return "the note is over the limit";
  m.bytes = std::make_shared<const std::string>(bytes);
  return nullptr;
}

Fault read(ByteReader& from, ElectionPriority& m) {
  m.priority = from.u8();
  return nullptr;
}

/// Reads what follows the kind into a new element of `out`.
template <class M>
Fault read_as(ByteReader& from, std::vector<Message>& out) {
  M& m = std::get<M>(out.emplace_back(std::in_place_type<M>));
  m.term = Term(from.u64());
  if (Fault fault = read(from, m)) return from.ok() ? fault : kCutShort;
  return from.ok() ? nullptr : kCutShort;
}

Fault read_one(ByteReader& from, std::vector<Message>& out) {
  switch (static_cast<MessageKind>(from.u8())) {
    case MessageKind::kRequestVote:
      return read_as<RequestVote>(from, out);
    case MessageKind::kVoteReply:
      return read_as<VoteReply>(from, out);
    case MessageKind::kAppendEntries:
      return read_as<AppendEntries>(from, out);
    case MessageKind::kAppendReply:
      return read_as<AppendReply>(from, out);
    case MessageKind::kTimeoutNow:
      return read_as<TimeoutNow>(from, out);
    case MessageKind::kForwardProposals:
      return read_as<ForwardProposals>(from, out);
    case MessageKind::kReadIndexRequest:
      return read_as<ReadIndexRequest>(from, out);
    case MessageKind::kReadIndexReply:
      return read_as<ReadIndexReply>(from, out);
    case MessageKind::kSnapshotChunk:
      return read_as<SnapshotChunk>(from, out);
    case MessageKind::kSnapshotAck:
      return read_as<SnapshotAck>(from, out);
    case MessageKind::kServiceNote:
      return read_as<ServiceNote>(from, out);
    case MessageKind::kElectionPriority:
      return read_as<ElectionPriority>(from, out);
  }
  return "unknown kind of message";
}

}  // namespace

Result<void> decode_messages(std::string_view body, std::vector<Message>& out) {
  ByteReader from(body);
  while (!from.rest().empty()) {
    const std::size_t offset = body.size() - from.rest().size();
    const std::size_t good = out.size();
    if (Fault fault = read_one(from, out)) {
      out.resize(good);
      return fail(ErrorCode::kCorruption, "message at byte " + std::to_string(offset), fault);
    }
  }
  return {};
}

}  // namespace raft
