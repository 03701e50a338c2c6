#include "libkv/mvcc/record.h"

#include <cstring>

#include "libraft/base/bytes.h"
#include "libraft/base/checksum.h"

namespace kv {
namespace {

using raft::ErrorCode;

constexpr std::uint8_t kRecordVersion = 1;
constexpr std::uint8_t kMarkVersion = 1;
constexpr std::uint8_t kDeleted = 1U << 0U;
constexpr std::uint64_t kMarkSub = ~0ULL;
constexpr std::size_t kRecordKeyBytes = 2 + 8 + 8;
constexpr std::size_t kMarkKeyBytes = kRecordKeyBytes + 8;
constexpr std::size_t kChecksumBytes = 8;

void put_big_endian(char* out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8)
    *out++ = static_cast<char>(value >> static_cast<unsigned>(shift));
}

/// The revision is the seed: a record found under another revision's key does not verify.
std::uint64_t seed_of(const Revision& revision) {
  char raw[16];
  const std::uint64_t sub = revision.sub;
  std::memcpy(raw, &revision.main, 8);
  std::memcpy(raw + 8, &sub, 8);
  return raft::checksum({raw, sizeof raw});
}

/// Splits off the checksum at the end and compares it.
raft::Result<std::string_view> verified_body(std::string_view bytes, std::uint64_t seed) {
  if (bytes.size() < kChecksumBytes) return raft::fail(ErrorCode::kCorruption, "", "shorter than a checksum");
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  raft::ByteReader tail(bytes.substr(body.size()));
  if (tail.u64() != raft::checksum(body, seed))
    return raft::fail(ErrorCode::kCorruption, "", "checksum mismatch");
  return body;
}

}  // namespace

std::string place_of(const Revision& revision) {
  return "r/" + std::to_string(revision.main) + "/" + std::to_string(revision.sub);
}

RecordKey::RecordKey(const Revision& revision) {
  static_assert(sizeof(bytes_) == kRecordKeyBytes);
  std::memcpy(bytes_.data(), kRecordPrefix.data(), kRecordPrefix.size());
  put_big_endian(bytes_.data() + 2, static_cast<std::uint64_t>(revision.main));
  put_big_endian(bytes_.data() + 10, revision.sub);
}

std::string mark_key(std::int64_t revision, std::uint64_t batch) {
  std::string key(kRecordPrefix);
  key.reserve(kMarkKeyBytes);
  raft::append_big_endian(key, static_cast<std::uint64_t>(revision));
  raft::append_big_endian(key, kMarkSub);
  raft::append_big_endian(key, batch);
  return key;
}

raft::Result<ParsedKey> parse_key(std::string_view key) {
  const bool sized = key.size() == kRecordKeyBytes || key.size() == kMarkKeyBytes;
  if (!sized || !key.starts_with(kRecordPrefix)) {
    return raft::fail(ErrorCode::kCorruption, "r/", "a key that is neither a record's nor a mark's");
  }
  const std::uint64_t main = raft::read_big_endian(key.substr(2));
  const std::uint64_t sub = raft::read_big_endian(key.substr(10));
  ParsedKey parsed;
  parsed.mark = key.size() == kMarkKeyBytes;
  parsed.revision.main = static_cast<std::int64_t>(main);
  if (parsed.mark) parsed.batch = raft::read_big_endian(key.substr(18));
  const bool main_in_range = main >= 1 && main <= static_cast<std::uint64_t>(INT64_MAX);
  const bool sub_in_range = parsed.mark ? sub == kMarkSub : sub <= UINT32_MAX;
  if (!main_in_range || !sub_in_range) {
    return raft::fail(ErrorCode::kCorruption, "r/", "a key whose revision is out of range");
  }
  if (!parsed.mark) parsed.revision.sub = static_cast<std::uint32_t>(sub);
  return parsed;
}

std::uint64_t encode_record(const Revision& revision, const Record& record, std::string& out) {
  const std::size_t start = out.size();
  raft::ByteWriter writer(out);
  writer.u8(kRecordVersion);
  writer.u8(record.deleted ? kDeleted : 0);
  writer.varint(static_cast<std::uint64_t>(record.create));
  writer.varint(static_cast<std::uint64_t>(record.version));
  writer.varint(static_cast<std::uint64_t>(record.lease));
  writer.bytes(record.key);
  writer.bytes(record.value);
  const std::uint64_t sum = raft::checksum(std::string_view(out).substr(start), seed_of(revision));
  writer.u64(sum);
  return sum;
}

raft::Result<DecodedRecord> decode_record(const Revision& revision, std::string_view bytes) {
  auto body = verified_body(bytes, seed_of(revision));
  if (!body) return raft::fail(ErrorCode::kCorruption, place_of(revision), body.error().what);
  raft::ByteReader reader(*body);
  DecodedRecord decoded;
  const std::uint8_t version = reader.u8();
  if (reader.ok() && version != kRecordVersion) {
    return raft::fail(ErrorCode::kMismatch, place_of(revision),
                      "record version " + std::to_string(version) + " is not known");
  }
  decoded.record.deleted = (reader.u8() & kDeleted) != 0;
  decoded.record.create = static_cast<std::int64_t>(reader.varint());
  decoded.record.version = static_cast<std::int64_t>(reader.varint());
  decoded.record.lease = static_cast<std::int64_t>(reader.varint());
  decoded.record.key = reader.bytes();
  decoded.record.value = reader.bytes();
  if (!reader.done()) return raft::fail(ErrorCode::kCorruption, place_of(revision), "malformed record");
  decoded.checksum = raft::ByteReader(bytes.substr(body->size())).u64();
  return decoded;
}

std::uint64_t chained(std::uint64_t chain, std::uint64_t record_checksum) {
  char raw[8];
  std::memcpy(raw, &record_checksum, sizeof raw);
  return raft::checksum({raw, sizeof raw}, chain);
}

std::string encode_mark(const Mark& mark) {
  std::string out;
  raft::ByteWriter writer(out);
  writer.u8(kMarkVersion);
  writer.u64(mark.applied.index.value());
  writer.u64(mark.applied.term.value());
  writer.i64(mark.revision);
  writer.i64(mark.compacted);
  writer.u64(mark.records);
  writer.u64(mark.live_keys);
  writer.u64(mark.chain);
  writer.u64(raft::checksum(out));
  return out;
}

raft::Result<Mark> decode_mark(std::string_view bytes) {
  auto body = verified_body(bytes, 0);
  if (!body) return raft::fail(std::move(body.error()));
  raft::ByteReader reader(*body);
  const std::uint8_t version = reader.u8();
  if (reader.ok() && version != kMarkVersion) {
    return raft::fail(ErrorCode::kMismatch, "mark", "version " + std::to_string(version) + " is not known");
  }
  Mark mark;
  mark.applied.index = raft::Index(reader.u64());
  mark.applied.term = raft::Term(reader.u64());
  mark.revision = reader.i64();
  mark.compacted = reader.i64();
  mark.records = reader.u64();
  mark.live_keys = reader.u64();
  mark.chain = reader.u64();
  if (!reader.done()) return raft::fail(ErrorCode::kCorruption, "mark", "malformed");
  return mark;
}

}  // namespace kv
