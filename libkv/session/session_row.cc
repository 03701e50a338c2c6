#include "libkv/session/session_row.h"

#include "libraft/base/bytes.h"
#include "libraft/base/checksum.h"

namespace kv {
namespace {

using raft::ErrorCode;

constexpr std::uint8_t kSessionRowVersion = 1;
constexpr std::size_t kSessionKeyBytes = 2 + 8 + 8 + 8;
constexpr std::size_t kSessionChecksumBytes = 8;

/// The row's own bytes, once their checksum, which covers the key, is right and the version is known.
raft::Result<raft::ByteReader> open_row(std::string_view key, std::string_view value,
                                        const std::string& where) {
  if (value.size() < kSessionChecksumBytes) {
    return raft::fail(ErrorCode::kCorruption, where, "malformed session row");
  }
  const std::string_view body = value.substr(0, value.size() - kSessionChecksumBytes);
  if (raft::ByteReader(value.substr(body.size())).u64() != raft::checksum(body, raft::checksum(key, 0))) {
    return raft::fail(ErrorCode::kCorruption, where, "checksum mismatch");
  }
  raft::ByteReader reader(body);
  if (const std::uint8_t version = reader.u8(); reader.ok() && version != kSessionRowVersion) {
    return raft::fail(ErrorCode::kMismatch, where, "session row version " + std::to_string(version));
  }
  return reader;
}

void close_row(std::string_view key, std::string& value) {
  const std::uint64_t sum = raft::checksum(value, raft::checksum(key, 0));
  raft::ByteWriter(value).u64(sum);
}

}  // namespace

std::string session_key(const SessionId& session, std::uint64_t sequence) {
  std::string key(kSessionPrefix);
  raft::append_big_endian(key, session.birth);
  raft::append_big_endian(key, session.nonce);
  raft::append_big_endian(key, sequence);
  return key;
}

std::pair<std::string, std::string> session_row(const SessionRow& row) {
  std::string key = session_key(row.session, row.sequence);
  std::string value;
  raft::ByteWriter writer(value);
  writer.u8(kSessionRowVersion);
  writer.varint(row.used);
  writer.varint(row.forgotten);
  writer.bytes(row.result);
  close_row(key, value);
  return {std::move(key), std::move(value)};
}

raft::Result<SessionRow> decode_session(std::string_view key, std::string_view value) {
  if (key.size() != kSessionKeyBytes) {
    return raft::fail(ErrorCode::kCorruption, "s/", "malformed key of a session row");
  }
  SessionRow row;
  std::string_view id = key.substr(kSessionPrefix.size());
  row.session.birth = raft::read_big_endian(id.substr(0, 8));
  row.session.nonce = raft::read_big_endian(id.substr(8, 8));
  row.sequence = raft::read_big_endian(id.substr(16));
  const std::string where = "s/" + std::to_string(row.session.birth) + "/" +
                            std::to_string(row.session.nonce) + "/" + std::to_string(row.sequence);
  ASSIGN_OR_RETURN(raft::ByteReader reader, open_row(key, value, where));
  row.used = reader.varint();
  row.forgotten = reader.varint();
  row.result = reader.bytes();
  if (!reader.done()) return raft::fail(ErrorCode::kCorruption, where, "malformed session row");
  return row;
}

std::pair<std::string, std::string> session_horizon_row(std::uint64_t horizon) {
  std::string value;
  raft::ByteWriter writer(value);
  writer.u8(kSessionRowVersion);
  writer.varint(horizon);
  close_row(kSessionPrefix, value);
  return {std::string(kSessionPrefix), std::move(value)};
}

raft::Result<std::uint64_t> decode_session_horizon(std::string_view value) {
  ASSIGN_OR_RETURN(raft::ByteReader reader, open_row(kSessionPrefix, value, "s/"));
  const std::uint64_t horizon = reader.varint();
  if (!reader.done()) return raft::fail(ErrorCode::kCorruption, "s/", "malformed session row");
  return horizon;
}

}  // namespace kv
