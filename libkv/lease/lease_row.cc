#include "libkv/lease/lease_row.h"

#include "libkv/mvcc/record.h"
#include "libraft/base/bytes.h"
#include "libraft/base/checksum.h"

namespace kv {
namespace {

using raft::ErrorCode;

constexpr std::uint8_t kLeaseRowVersion = 1;
constexpr std::size_t kLeaseChecksumBytes = 8;

}  // namespace

std::string lease_key(std::int64_t id) {
  std::string key(kLeasePrefix);
  raft::append_big_endian(key, static_cast<std::uint64_t>(id));
  return key;
}

std::pair<std::string, std::string> lease_row(const LeaseInfo& lease) {
  std::string value;
  raft::ByteWriter writer(value);
  writer.u8(kLeaseRowVersion);
  writer.varint(static_cast<std::uint64_t>(lease.ttl));
  writer.varint(static_cast<std::uint64_t>(lease.remaining));
  writer.u64(raft::checksum(value, static_cast<std::uint64_t>(lease.id)));
  return {lease_key(lease.id), std::move(value)};
}

raft::Result<LeaseInfo> decode_lease(std::string_view key, std::string_view value) {
  if (key.size() != kLeasePrefix.size() + 8 || value.size() < kLeaseChecksumBytes) {
    return raft::fail(ErrorCode::kCorruption, "l/", "malformed lease row");
  }
  const std::uint64_t id = raft::read_big_endian(key.substr(kLeasePrefix.size()));
  const std::string where = "l/" + std::to_string(static_cast<std::int64_t>(id));
  const std::string_view body = value.substr(0, value.size() - kLeaseChecksumBytes);
  if (raft::ByteReader(value.substr(body.size())).u64() != raft::checksum(body, id)) {
    return raft::fail(ErrorCode::kCorruption, where, "checksum mismatch");
  }
  raft::ByteReader reader(body);
  if (const std::uint8_t version = reader.u8(); reader.ok() && version != kLeaseRowVersion) {
    return raft::fail(ErrorCode::kMismatch, where, "lease row version " + std::to_string(version));
  }
  LeaseInfo lease{.id = static_cast<std::int64_t>(id)};
  lease.ttl = static_cast<std::int64_t>(reader.varint());
  lease.remaining = static_cast<std::int64_t>(reader.varint());
  if (!reader.done()) return raft::fail(ErrorCode::kCorruption, where, "malformed lease row");
  return lease;
}

}  // namespace kv
