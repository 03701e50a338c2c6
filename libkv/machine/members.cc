#include "libkv/machine/members.h"

#include <algorithm>

#include "libkv/mvcc/record.h"
#include "libraft/base/bytes.h"
#include "libraft/base/checksum.h"

namespace kv {
namespace {

using raft::ErrorCode;

constexpr std::uint8_t kRowVersion = 1;
constexpr std::uint8_t kLearner = 1U << 0U;
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

}  // namespace

Row member_row(const MemberInfo& member) {
  std::string key(kMemberPrefix);
  raft::append_big_endian(key, member.id.value());
  std::string value;
  raft::ByteWriter writer(value);
  writer.u8(kRowVersion);
  writer.u8(member.learner ? kLearner : 0);
  writer.bytes(member.name);
  write_list(writer, member.peer_urls);
  write_list(writer, member.client_urls);
  writer.u64(raft::checksum(value, member.id.value()));
  return {std::move(key), std::move(value)};
}

raft::Result<MemberInfo> decode_member(std::string_view key, std::string_view value) {
  if (key.size() != kMemberPrefix.size() + 8 || value.size() < kChecksumBytes) {
    return raft::fail(ErrorCode::kCorruption, "m/", "malformed member row");
  }
  MemberInfo member;
  member.id = raft::NodeId(raft::read_big_endian(key.substr(kMemberPrefix.size())));
  const std::string where = "m/" + std::to_string(member.id.value());
  const std::string_view body = value.substr(0, value.size() - kChecksumBytes);
  if (raft::ByteReader(value.substr(body.size())).u64() != raft::checksum(body, member.id.value())) {
    return raft::fail(ErrorCode::kCorruption, where, "checksum mismatch");
  }
  raft::ByteReader reader(body);
  if (const std::uint8_t version = reader.u8(); reader.ok() && version != kRowVersion) {
    return raft::fail(ErrorCode::kMismatch, where, "member row version " + std::to_string(version));
  }
  member.learner = (reader.u8() & kLearner) != 0;
  member.name = reader.bytes();
  member.peer_urls = read_list(reader);
  member.client_urls = read_list(reader);
  if (!reader.done()) return raft::fail(ErrorCode::kCorruption, where, "malformed member row");
  return member;
}

MemberTable::MemberTable(std::vector<MemberInfo> members) : members_(std::move(members)) {
  std::sort(members_.begin(), members_.end(),
            [](const MemberInfo& a, const MemberInfo& b) { return a.id < b.id; });
}

raft::Result<MemberTable> MemberTable::from_rows(const std::vector<Row>& rows) {
  std::vector<MemberInfo> members;
  for (const auto& [key, value] : rows) {
    ASSIGN_OR_RETURN(MemberInfo member, decode_member(key, value));
    members.push_back(std::move(member));
  }
  return MemberTable(std::move(members));
}

const MemberInfo* MemberTable::publish(const PublishMemberOp& op) {
  const auto at = std::find_if(members_.begin(), members_.end(),
                               [&](const MemberInfo& member) { return member.id == op.member; });
  if (at == members_.end()) return nullptr;
  at->name = op.name;
  at->client_urls = op.client_urls;
  return &*at;
}

}  // namespace kv
