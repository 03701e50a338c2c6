#include "libraft/log/record.h"

#include "libraft/base/bytes.h"
#include "libraft/base/checksum.h"

namespace raft {
namespace {

constexpr std::size_t kHashBytes = 8;

/// The body before the hash, when the hash fits it and its version is known.
Result<std::string_view> verified(std::string_view bytes, const std::string& where) {
  if (bytes.size() < 1 + kHashBytes) return fail(ErrorCode::kCorruption, where, "record too short");
  const std::string_view body = bytes.substr(0, bytes.size() - kHashBytes);
  ByteReader hash(bytes.substr(body.size()));
  if (hash.u64() != checksum(body)) return fail(ErrorCode::kCorruption, where, "checksum mismatch");
  const auto version = static_cast<std::uint8_t>(body.front());
  if (version != kLogFormat) {
    return fail(
        ErrorCode::kMismatch, where,
        "record format " + std::to_string(version) + ", this version reads " + std::to_string(kLogFormat));
  }
  return body.substr(1);
}

}  // namespace

std::uint64_t encode_entry(const Entry& entry, std::uint64_t previous_hash, std::string& out) {
  const std::size_t start = out.size();
  ByteWriter writer(out);
  writer.u8(kLogFormat);
  writer.u8(static_cast<std::uint8_t>(entry.type));
  writer.u64(entry.index.value());
  writer.u64(entry.term.value());
  writer.u64(previous_hash);
  out.append(entry.bytes());
  const std::uint64_t hash = checksum(std::string_view(out).substr(start));
  writer.u64(hash);
  return hash;
}

Result<EntryRecord> decode_entry(Index index, std::string_view bytes) {
  const std::string where = "entry " + std::to_string(index.value());
  ASSIGN_OR_RETURN(const std::string_view body, verified(bytes, where));
  ByteReader reader(body);
  EntryRecord record;
  const std::uint8_t type = reader.u8();
  record.entry.index = Index(reader.u64());
  record.entry.term = Term(reader.u64());
  record.previous_hash = reader.u64();
  if (!reader.ok()) return fail(ErrorCode::kCorruption, where, "record too short");
  ByteReader hash(bytes.substr(bytes.size() - kHashBytes));
  record.hash = hash.u64();
  if (record.entry.index != index) {
    return fail(ErrorCode::kCorruption, where, "holds entry " + std::to_string(record.entry.index.value()));
  }
  if (type > static_cast<std::uint8_t>(EntryType::kConfiguration)) {
    return fail(ErrorCode::kMismatch, where, "has the unknown type " + std::to_string(type));
  }
  record.entry.type = static_cast<EntryType>(type);
  if (!reader.rest().empty()) record.entry.payload = std::make_shared<const std::string>(reader.rest());
  return record;
}

void encode_state(const StateRecord& state, std::string& out) {
  const std::size_t start = out.size();
  ByteWriter writer(out);
  writer.u8(kLogFormat);
  writer.u64(state.sequence);
  writer.u64(state.hard_state.term.value());
  writer.u8(state.hard_state.voted_for ? 1 : 0);
  writer.u64(state.hard_state.voted_for.value_or(NodeId()).value());
  writer.u64(state.base.index.value());
  writer.u64(state.base.term.value());
  writer.u64(state.base_hash);
  writer.u64(state.last.value());
  writer.u64(state.last_hash);
  writer.u64(checksum(std::string_view(out).substr(start)));
  writer.u8(kEndMark);
}

Result<StateRecord> decode_state(std::uint64_t sequence, std::string_view bytes) {
  const std::string where = "state " + std::to_string(sequence);
  if (bytes.empty() || static_cast<std::uint8_t>(bytes.back()) != kEndMark) {
    return fail(ErrorCode::kCorruption, where, "has no end mark");
  }
  ASSIGN_OR_RETURN(const std::string_view body, verified(bytes.substr(0, bytes.size() - 1), where));
  ByteReader reader(body);
  StateRecord state;
  state.sequence = reader.u64();
  state.hard_state.term = Term(reader.u64());
  const bool voted = reader.u8() != 0;
  const NodeId voted_for(reader.u64());
  if (voted) state.hard_state.voted_for = voted_for;
  state.base.index = Index(reader.u64());
  state.base.term = Term(reader.u64());
  state.base_hash = reader.u64();
  state.last = Index(reader.u64());
  state.last_hash = reader.u64();
  if (!reader.done()) return fail(ErrorCode::kCorruption, where, "wrong length");
  if (state.sequence != sequence) {
    return fail(ErrorCode::kCorruption, where, "holds state " + std::to_string(state.sequence));
  }
  return state;
}

}  // namespace raft
