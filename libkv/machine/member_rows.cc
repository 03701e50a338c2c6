#include "libkv/machine/member_rows.h"

#include "libkv/mvcc/record.h"
#include "libraft/base/bytes.h"
#include "libraft/base/checksum.h"

namespace kv {
namespace {

using raft::ErrorCode;

/// Version 1 knows no flag but kLearner. Rows that need no more are still written so, for readers that know
/// no other.
constexpr std::uint8_t kPlainVersion = 1;
constexpr std::uint8_t kRowVersion = 2;

constexpr std::uint8_t kLearner = 1U << 0U;
constexpr std::uint8_t kPromoteWhenCaughtUp = 1U << 1U;
constexpr std::uint8_t kReplaces = 1U << 2U;
constexpr std::uint8_t kRemoved = 1U << 3U;
constexpr std::uint8_t kKnownFlags = kLearner | kPromoteWhenCaughtUp | kReplaces | kRemoved;

constexpr std::size_t kChecksumBytes = 8;

void write_list(raft::ByteWriter& writer, const std::vector<std::string>& items) {
  writer.varint(items.size());
  for (const std::string& item : items) writer.bytes(item);
}

std::vector<std::string> read_list(raft::ByteReader& reader) {
  std::vector<std::string> items;
  const std::uint64_t count = reader.varint();
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) items.emplace_back(reader.bytes());
  return items;
}

std::uint8_t flags_of(const MemberInfo& member) {
  std::uint8_t flags = 0;
  if (member.learner) flags |= kLearner;
  if (member.promote_when_caught_up) flags |= kPromoteWhenCaughtUp;
  if (member.replaces) flags |= kReplaces;
  return flags;
}

Row row_of(const MemberInfo& member, std::uint8_t flags) {
  std::string key(kMemberPrefix);
  raft::append_big_endian(key, member.id.value());
  std::string value;
  raft::ByteWriter writer(value);
  writer.u8((flags & ~kLearner) == 0 ? kPlainVersion : kRowVersion);
  writer.u8(flags);
  if ((flags & kReplaces) != 0) writer.u64(member.replaces->value());
  writer.bytes(member.name);
  write_list(writer, member.peer_urls);
  write_list(writer, member.client_urls);
  writer.u64(raft::checksum(value, member.id.value()));
  return {std::move(key), std::move(value)};
}

/// What is behind the flags.
void read_body(raft::ByteReader& reader, std::uint8_t flags, MemberInfo& member) {
  member.learner = (flags & kLearner) != 0;
  member.promote_when_caught_up = (flags & kPromoteWhenCaughtUp) != 0;
  if ((flags & kReplaces) != 0) member.replaces = raft::NodeId(reader.u64());
  member.name = reader.bytes();
  member.peer_urls = read_list(reader);
  member.client_urls = read_list(reader);
}

}  // namespace

Row member_row(const MemberInfo& member) {
  return row_of(member, flags_of(member));
}

Row removed_row(raft::NodeId id) {
  return row_of({.id = id}, kRemoved);
}

raft::Result<DecodedMember> decode_member(std::string_view key, std::string_view value) {
  if (key.size() != kMemberPrefix.size() + 8 || value.size() < kChecksumBytes) {
    return raft::fail(ErrorCode::kCorruption, "m/", "malformed member row");
  }
  DecodedMember decoded;
  MemberInfo& member = decoded.member;
  member.id = raft::NodeId(raft::read_big_endian(key.substr(kMemberPrefix.size())));
  const std::string where = "m/" + std::to_string(member.id.value());
  const std::string_view body = value.substr(0, value.size() - kChecksumBytes);
  if (raft::ByteReader(value.substr(body.size())).u64() != raft::checksum(body, member.id.value())) {
    return raft::fail(ErrorCode::kCorruption, where, "checksum mismatch");
  }
  raft::ByteReader reader(body);
  const std::uint8_t version = reader.u8();
  if (reader.ok() && version != kPlainVersion && version != kRowVersion) {
    return raft::fail(ErrorCode::kMismatch, where, "member row version " + std::to_string(version));
  }
  const std::uint8_t flags = reader.u8();
  if ((flags & ~kKnownFlags) != 0 || (version == kPlainVersion && (flags & ~kLearner) != 0)) {
    return raft::fail(ErrorCode::kMismatch, where, "member row flags " + std::to_string(flags));
  }
  decoded.removed = (flags & kRemoved) != 0;
  read_body(reader, flags, member);
  if (!reader.done()) return raft::fail(ErrorCode::kCorruption, where, "malformed member row");
  return decoded;
}

}  // namespace kv
