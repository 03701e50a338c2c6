// The snapshot stream, field by field (FORMAT.md): what its writer and its reader share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "libraft/base/result.h"
#include "libraft/core/membership.h"
#include "libraft/core/types.h"

namespace kv {

/// The first eight bytes of every snapshot.
inline constexpr std::string_view kSnapshotMagic = "kvd-snap";
/// A reader refuses any other.
inline constexpr std::uint32_t kSnapshotFormat = 1;

/// Rows before compression in one block.
inline constexpr std::size_t kBlockBytesMax = 256U << 10U;
/// A header is small: it bounds what a reader may be asked to hold.
inline constexpr std::size_t kHeaderBytesMax = 64U << 10U;
/// The largest key and the largest value of a row: what one entry may hold, with room for its frame.
inline constexpr std::size_t kRowKeyBytesMax = 64U << 10U;
inline constexpr std::size_t kRowValueBytesMax = raft::kPayloadBytesMax + (1U << 20U);

/// Magic, version and the size of the header.
inline constexpr std::size_t kPreludeBytes = 8 + 4 + 4;
inline constexpr std::size_t kChecksumBytes = 8;
/// Behind its tag: bytes before and after compression, checksum.
inline constexpr std::size_t kBlockHeadBytes = 4 + 4 + kChecksumBytes;
inline constexpr std::size_t kDigestBytes = 32;
/// Behind its tag: blocks, rows, bytes of rows, digest.
inline constexpr std::size_t kTrailerBytes = 8 + 8 + 8 + kDigestBytes;

/// In a file that was saved through the etcd API zeros behind the trailer fill a block of so many bytes, and
/// a digest of everything before it follows.
inline constexpr std::size_t kEnvelopeBlockBytes = 512;
/// How many zeros those are behind a snapshot of `bytes` bytes.
constexpr std::size_t envelope_padding(std::uint64_t bytes) {
  return static_cast<std::size_t>((kEnvelopeBlockBytes - bytes % kEnvelopeBlockBytes) % kEnvelopeBlockBytes);
}

/// The first byte behind the header and behind every block.
enum class Tag : std::uint8_t { kBlock = 1, kTrailer = 2 };

/// What a snapshot is of.
struct SnapshotHeader {
  std::uint64_t cluster_id = 0;
  raft::EntryId last;  ///< the newest entry whose effect is in it
  std::int64_t revision = 0;
  std::int64_t compacted = 0;
  raft::Configuration configuration;

  bool operator==(const SnapshotHeader&) const = default;
};

/// What the trailer counts.
struct SnapshotTotals {
  std::uint64_t blocks = 0;
  std::uint64_t rows = 0;
  std::uint64_t row_bytes = 0;  ///< before compression

  bool operator==(const SnapshotTotals&) const = default;
};

/// From the magic to the header's checksum.
std::string encode_header(const SnapshotHeader& header);
/// `prelude` is of kPreludeBytes. How many bytes of body and checksum follow.
raft::Result<std::size_t> decode_prelude(std::string_view prelude);
/// `body` is without the checksum.
raft::Result<SnapshotHeader> decode_header_body(std::string_view body);

/// Of a block's packed bytes; `block` counts from 0, so that blocks cannot change places.
std::uint64_t block_checksum(std::uint64_t block, std::string_view packed);

}  // namespace kv
