#include "libkv/snapshot/format.h"

#include "libkv/mvcc/record.h"
#include "libraft/base/bytes.h"
#include "libraft/base/checksum.h"

namespace kv {

using raft::ErrorCode;

std::string encode_header(const SnapshotHeader& header) {
  std::string body;
  raft::ByteWriter fields(body);
  fields.u8(kStateFormat);
  fields.u64(header.cluster_id);
  fields.u64(header.last.index.value());
  fields.u64(header.last.term.value());
  fields.i64(header.revision);
  fields.i64(header.compacted);
  fields.u64(header.configuration.index.value());
  fields.bytes(raft::encode_membership(header.configuration.members));
  std::string out(kSnapshotMagic);
  raft::ByteWriter writer(out);
  writer.u32(kSnapshotFormat);
  writer.u32(static_cast<std::uint32_t>(body.size()));
  out += body;
  writer.u64(raft::checksum(out));
  return out;
}

raft::Result<std::size_t> decode_prelude(std::string_view prelude) {
  if (!prelude.starts_with(kSnapshotMagic)) {
    return raft::fail(ErrorCode::kCorruption, "byte 0", "not a snapshot of kvd");
  }
  raft::ByteReader reader(prelude.substr(kSnapshotMagic.size()));
  if (const std::uint32_t format = reader.u32(); format != kSnapshotFormat) {
    return raft::fail(ErrorCode::kMismatch, "byte 8",
                      "snapshot format " + std::to_string(format) + ", this version reads " +
                          std::to_string(kSnapshotFormat));
  }
  const std::uint32_t body = reader.u32();
  if (body > kHeaderBytesMax) {
    return raft::fail(ErrorCode::kCorruption, "byte 12", "a header of " + std::to_string(body) + " bytes");
  }
  return body + kChecksumBytes;
}

raft::Result<SnapshotHeader> decode_header_body(std::string_view body) {
  raft::ByteReader reader(body);
  if (const std::uint8_t state = reader.u8(); reader.ok() && state != kStateFormat) {
    return raft::fail(
        ErrorCode::kMismatch, "byte 16",
        "state format " + std::to_string(state) + ", this version reads " + std::to_string(kStateFormat));
  }
  SnapshotHeader header;
  header.cluster_id = reader.u64();
  header.last.index = raft::Index(reader.u64());
  header.last.term = raft::Term(reader.u64());
  header.revision = reader.i64();
  header.compacted = reader.i64();
  header.configuration.index = raft::Index(reader.u64());
  const std::string_view membership = reader.bytes();
  if (!reader.done() || header.revision < kRevisionOfEmptyStore || header.compacted > header.revision ||
      header.configuration.index > header.last.index) {
    return raft::fail(ErrorCode::kCorruption, "byte 16", "malformed header");
  }
  auto members = raft::decode_membership(membership);
  if (!members) return raft::fail(members.error().code, "byte 16", members.error().text());
  header.configuration.members = std::move(*members);
  return header;
}

std::uint64_t block_checksum(std::uint64_t block, std::string_view packed) {
  return raft::checksum(packed, block);
}

}  // namespace kv
