#include "libraft/net/codec.h"

#include <limits>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "libraft/base/bytes.h"
#include "libraft/base/check.h"

namespace raft {
namespace {

/// On the wire: never renumbered.
enum class Kind : std::uint8_t {
  kRequestVote = 1,
  kVoteReply = 2,
  kAppendEntries = 3,
  kAppendReply = 4,
  kTimeoutNow = 5,
  kForwardProposals = 6,
  kReadIndexRequest = 7,
  kReadIndexReply = 8,
};

constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kEntryHeadBytes = kNumberBytes + 1;  // term, type
/// What an element of a list takes at least; with the bytes that are left it bounds a count before anything
/// is allocated for it.
constexpr std::size_t kEntryBytesMin = kEntryHeadBytes + 1;
constexpr std::size_t kProposalBytesMin = 1;
/// Lists grow from here when the count claims more: a small frame never reserves much.
constexpr std::size_t kReservedElementsMax = 65536;

static_assert(std::variant_size_v<Message> == 8,
              "a new message needs a kind, a layout and a line in FORMAT.md");

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

// --- Sizes, without the kind's byte.

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

// --- Writing.

std::uint8_t flags(bool first, bool second = false) {
  return static_cast<std::uint8_t>((first ? 1 : 0) | (second ? 2 : 0));
}

void begin(ByteWriter& to, Kind kind, Term term) {
  to.u8(static_cast<std::uint8_t>(kind));
  to.u64(term.value());
}

void write(ByteWriter& to, EntryId id) {
  to.u64(id.index.value());
  to.u64(id.term.value());
}

void write(ByteWriter& to, const RequestVote& m) {
  begin(to, Kind::kRequestVote, m.term);
  to.u8(flags(m.pre_vote, m.transfer));
  write(to, m.last);
}

void write(ByteWriter& to, const VoteReply& m) {
  begin(to, Kind::kVoteReply, m.term);
  to.u8(flags(m.pre_vote, m.granted));
}

void write(ByteWriter& to, const AppendEntries& m) {
  begin(to, Kind::kAppendEntries, m.term);
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
  begin(to, Kind::kAppendReply, m.term);
  to.u8(flags(m.success));
  to.u64(m.match.value());
  write(to, m.hint);
  to.u64(m.round);
}

void write(ByteWriter& to, const TimeoutNow& m) {
  begin(to, Kind::kTimeoutNow, m.term);
}

void write(ByteWriter& to, const ForwardProposals& m) {
  begin(to, Kind::kForwardProposals, m.term);
  to.varint(m.payloads.size());
  for (const SharedBytes& payload : m.payloads) to.bytes(view(payload));
}

void write(ByteWriter& to, const ReadIndexRequest& m) {
  begin(to, Kind::kReadIndexRequest, m.term);
  to.u64(m.id);
}

void write(ByteWriter& to, const ReadIndexReply& m) {
  begin(to, Kind::kReadIndexReply, m.term);
  to.u64(m.id);
  to.u64(m.index.value());
}

// --- Reading. A reader past its end gives zeros; decode_one looks at ok() once per message.

constexpr const char* kCutShort = "the message is cut short";

/// Why a message cannot be accepted; null when it can.
using Fault = const char*;

/// A function of the fields is called with what was read; unknown bits are from a version we did not agree
/// on.
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

/// Reads what follows the kind into a new element of `out`.
template <class M>
Fault read_as(ByteReader& from, std::vector<Message>& out) {
  M& m = std::get<M>(out.emplace_back(std::in_place_type<M>));
  m.term = Term(from.u64());
  if (Fault fault = read(from, m)) return from.ok() ? fault : kCutShort;
  return from.ok() ? nullptr : kCutShort;
}

Fault read_one(ByteReader& from, std::vector<Message>& out) {
  switch (static_cast<Kind>(from.u8())) {
    case Kind::kRequestVote:
      return read_as<RequestVote>(from, out);
    case Kind::kVoteReply:
      return read_as<VoteReply>(from, out);
    case Kind::kAppendEntries:
      return read_as<AppendEntries>(from, out);
    case Kind::kAppendReply:
      return read_as<AppendReply>(from, out);
    case Kind::kTimeoutNow:
      return read_as<TimeoutNow>(from, out);
    case Kind::kForwardProposals:
      return read_as<ForwardProposals>(from, out);
    case Kind::kReadIndexRequest:
      return read_as<ReadIndexRequest>(from, out);
    case Kind::kReadIndexReply:
      return read_as<ReadIndexReply>(from, out);
  }
  return "unknown kind of message";
}

}  // namespace

std::size_t encoded_size(const Message& message) {
  return 1 + std::visit([](const auto& m) { return body_size(m); }, message);
}

void encode(const Message& message, std::string& out) {
  ByteWriter to(out);
  std::visit([&to](const auto& m) { write(to, m); }, message);
}

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
