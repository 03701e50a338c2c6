#include "libkv/machine/command_version.h"

#include "libkv/mvcc/record.h"
#include "libraft/base/bytes.h"
#include "libraft/base/checksum.h"

namespace kv {
namespace {

using raft::ErrorCode;

constexpr std::uint8_t kVersionRowVersion = 1;
constexpr std::size_t kVersionRowBytes = 1 + 4 + 8;

}  // namespace

std::pair<std::string, std::string> command_version_row(std::uint32_t version) {
  std::string value;
  raft::ByteWriter writer(value);
  writer.u8(kVersionRowVersion);
  writer.u32(version);
  writer.u64(raft::checksum(value, 0));
  return {std::string(kCommandVersionKey), std::move(value)};
}

raft::Result<std::uint32_t> decode_command_version(std::string_view value) {
  const std::string where(kCommandVersionKey);
  if (!value.empty() && static_cast<std::uint8_t>(value.front()) != kVersionRowVersion) {
    return raft::fail(ErrorCode::kMismatch, where, "a row of a newer version");
  }
  if (value.size() != kVersionRowBytes) return raft::fail(ErrorCode::kCorruption, where, "malformed row");
  const std::string_view body = value.substr(0, 1 + 4);
  if (raft::ByteReader(value.substr(body.size())).u64() != raft::checksum(body, 0)) {
    return raft::fail(ErrorCode::kCorruption, where, "checksum mismatch");
  }
  return raft::ByteReader(body.substr(1)).u32();
}

raft::Result<void> check_known(std::uint32_t version, std::uint32_t known) {
  if (version <= known) return {};
  return raft::fail(ErrorCode::kMismatch, "this kvd",
                    "knows commands up to version " + std::to_string(known) +
                        ", but its cluster uses version " + std::to_string(version) +
                        "; start the newer kvd that ran here, or that the others run");
}

}  // namespace kv
