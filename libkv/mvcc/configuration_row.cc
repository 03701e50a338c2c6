#include "libkv/mvcc/configuration_row.h"

#include "libkv/mvcc/record.h"
#include "libraft/base/bytes.h"
#include "libraft/base/check.h"
#include "libraft/base/checksum.h"

namespace kv {
namespace {

using raft::ErrorCode;

constexpr std::uint8_t kRowVersion = 1;
constexpr std::size_t kChecksumBytes = 8;

}  // namespace

std::string configuration_key(raft::Index index) {
  std::string key(kConfigurationPrefix);
  raft::append_big_endian(key, index.value());
  return key;
}

std::pair<std::string, std::string> configuration_row(const raft::Configuration& configuration) {
  RAFT_CHECK(configuration.index.value() > 0);
  std::string value;
  raft::ByteWriter writer(value);
  writer.u8(kRowVersion);
  writer.bytes(raft::encode_membership(configuration.members));
  writer.u64(raft::checksum(value, configuration.index.value()));
  return {configuration_key(configuration.index), std::move(value)};
}

raft::Result<raft::Configuration> decode_configuration(std::string_view key, std::string_view value) {
  if (key.size() != kConfigurationPrefix.size() + 8 || value.size() < kChecksumBytes) {
    return raft::fail(ErrorCode::kCorruption, "c/", "malformed configuration row");
  }
  const std::uint64_t index = raft::read_big_endian(key.substr(kConfigurationPrefix.size()));
  const std::string where = "c/" + std::to_string(index);
  const std::string_view body = value.substr(0, value.size() - kChecksumBytes);
  if (raft::ByteReader(value.substr(body.size())).u64() != raft::checksum(body, index)) {
    return raft::fail(ErrorCode::kCorruption, where, "checksum mismatch");
  }
  raft::ByteReader reader(body);
  if (const std::uint8_t version = reader.u8(); reader.ok() && version != kRowVersion) {
    return raft::fail(ErrorCode::kMismatch, where, "configuration row version " + std::to_string(version));
  }
  const std::string_view membership = reader.bytes();
  if (!reader.done()) return raft::fail(ErrorCode::kCorruption, where, "malformed configuration row");
  ASSIGN_OR_RETURN(raft::Membership members, raft::decode_membership(membership));
  return raft::Configuration{.index = raft::Index(index), .members = std::move(members)};
}

}  // namespace kv
