#include "libkv/snapshot/stream_reader.h"

#include <zstd.h>

#include <algorithm>

#include "libraft/base/bytes.h"
#include "libraft/base/check.h"
#include "libraft/base/checksum.h"

namespace kv {
namespace {

using raft::ErrorCode;

constexpr std::size_t kVarintBytesMax = 10;

}  // namespace

class StreamReader::Unpacker {
 public:
  /// Exactly `bytes` bytes, or nothing.
  std::string_view unpack(std::string_view packed, std::size_t bytes) {
    if (ZSTD_getFrameContentSize(packed.data(), packed.size()) != bytes) return {};
    const std::size_t size =
        ZSTD_decompressDCtx(context_.get(), rows_.data(), rows_.size(), packed.data(), packed.size());
    if (ZSTD_isError(size) != 0 || size != bytes) return {};
    return std::string_view(rows_).substr(0, size);
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  const std::unique_ptr<ZSTD_DCtx, Free> context_{ZSTD_createDCtx()};
  std::string rows_ = std::string(kBlockBytesMax, '\0');
};

StreamReader::StreamReader(StreamVisitor visitor, Envelope envelope)
    : visitor_(std::move(visitor)), envelope_(envelope), unpacker_(std::make_unique<Unpacker>()) {}

StreamReader::~StreamReader() = default;

raft::Result<void> StreamReader::push(std::string_view bytes) {
  while (!bytes.empty()) {
    if (part_ == Part::kEnd) return corrupt("bytes behind the end of the snapshot");
    const std::size_t count = std::min(bytes.size(), need_ - buffer_.size());
    buffer_ += bytes.substr(0, count);
    bytes.remove_prefix(count);
    if (buffer_.size() == need_) RETURN_IF_ERROR(take_part());
  }
  return {};
}

raft::Result<SnapshotTotals> StreamReader::finish() const {
  const bool whole = part_ == Part::kEnd || (part_ == Part::kEnvelope && buffer_.empty());
  if (!whole) {
    return raft::fail(ErrorCode::kCorruption, "byte " + std::to_string(bytes()), "the snapshot is cut short");
  }
  return totals_;
}

raft::Result<void> StreamReader::take_part() {
  switch (part_) {
    case Part::kPrelude: {
      ASSIGN_OR_RETURN(const std::size_t follows, decode_prelude(buffer_));
      prelude_ = buffer_;
      next(Part::kHeader, follows);
      return {};
    }
    case Part::kHeader:
      return take_header();
    case Part::kTag:
      return take_tag();
    case Part::kBlockHead:
      return take_block_head();
    case Part::kBlock:
      return take_block();
    case Part::kTrailer:
      return take_trailer();
    case Part::kEnvelope:
      return take_envelope();
    case Part::kEnd:
      break;
  }
  return {};
}

raft::Result<void> StreamReader::take_header() {
  const std::string_view body = std::string_view(buffer_).substr(0, buffer_.size() - kChecksumBytes);
  const std::uint64_t sum = raft::ByteReader(std::string_view(buffer_).substr(body.size())).u64();
  if (raft::checksum(prelude_ + std::string(body)) != sum) return corrupt("the header's checksum is wrong");
  ASSIGN_OR_RETURN(header_, decode_header_body(body));
  next(Part::kTag, 1);
  return visitor_.header ? visitor_.header(*header_) : raft::Result<void>();
}

raft::Result<void> StreamReader::take_tag() {
  switch (static_cast<Tag>(buffer_[0])) {
    case Tag::kBlock:
      next(Part::kBlockHead, kBlockHeadBytes);
      return {};
    case Tag::kTrailer:
      next(Part::kTrailer, kTrailerBytes);
      return {};
  }
  return corrupt("neither a block nor the trailer");
}

raft::Result<void> StreamReader::take_block_head() {
  raft::ByteReader reader(buffer_);
  rows_bytes_ = reader.u32();
  const std::size_t packed = reader.u32();
  block_checksum_ = reader.u64();
  if (rows_bytes_ == 0 || rows_bytes_ > kBlockBytesMax || packed == 0 ||
      packed > ZSTD_compressBound(kBlockBytesMax)) {
    return corrupt("a block of " + std::to_string(packed) + " bytes for " + std::to_string(rows_bytes_) +
                   " bytes of rows");
  }
  next(Part::kBlock, packed);
  return {};
}

raft::Result<void> StreamReader::take_block() {
  if (block_checksum(totals_.blocks, buffer_) != block_checksum_) {
    return corrupt("the block's checksum is wrong");
  }
  const std::string_view rows = unpacker_->unpack(buffer_, rows_bytes_);
  if (rows.empty()) return corrupt("the block does not unpack to what it says");
  ++totals_.blocks;
  totals_.row_bytes += rows.size();
  rows_ += rows;
  RETURN_IF_ERROR(take_rows());
  next(Part::kTag, 1);
  return {};
}

raft::Result<void> StreamReader::take_rows() {
  std::string_view rest = rows_;
  for (;;) {
    ASSIGN_OR_RETURN(const bool taken, take_row(rest));
    if (!taken) break;
  }
  rows_.erase(0, rows_.size() - rest.size());
  return {};
}

raft::Result<bool> StreamReader::take_row(std::string_view& rest) {
  raft::ByteReader sizes(rest);
  const std::uint64_t key_bytes = sizes.varint();
  if (!sizes.ok()) {
    if (rest.size() >= kVarintBytesMax) return corrupt("a row without a size");
    return false;
  }
  if (key_bytes == 0 || key_bytes > kRowKeyBytesMax) {
    return corrupt("a key of " + std::to_string(key_bytes) + " bytes");
  }
  if (sizes.rest().size() < key_bytes) return false;
  const std::string_view key = sizes.rest().substr(0, key_bytes);
  raft::ByteReader value_size(sizes.rest().substr(key_bytes));
  const std::size_t left = value_size.rest().size();
  const std::uint64_t value_bytes = value_size.varint();
  if (!value_size.ok()) {
    if (left >= kVarintBytesMax) return corrupt("a row without a size");
    return false;
  }
  if (value_bytes > kRowValueBytesMax) {
    return corrupt("a value of " + std::to_string(value_bytes) + " bytes");
  }
  if (value_size.rest().size() < value_bytes) return false;
  if (key <= last_key_) return corrupt("the rows are not in order");
  last_key_ = key;
  ++totals_.rows;
  if (visitor_.row) RETURN_IF_ERROR(visitor_.row(key, value_size.rest().substr(0, value_bytes)));
  rest = value_size.rest().substr(value_bytes);
  return true;
}

raft::Result<void> StreamReader::take_trailer() {
  raft::ByteReader reader(buffer_);
  const SnapshotTotals said{.blocks = reader.u64(), .rows = reader.u64(), .row_bytes = reader.u64()};
  if (!rows_.empty()) return corrupt("the last row is cut short");
  if (said != totals_) return corrupt("the trailer's counts are not those of the rows");
  const std::string_view digest = std::string_view(buffer_).substr(kTrailerBytes - kDigestBytes);
  digest_.update(std::string_view(buffer_).substr(0, kTrailerBytes - kDigestBytes));
  if (digest_.value() != digest) return corrupt("the SHA-256 of the snapshot is wrong");
  digest_.update(digest);
  begin_ += buffer_.size();
  buffer_.clear();
  part_ = envelope_ == Envelope::kAllowed ? Part::kEnvelope : Part::kEnd;
  need_ = envelope_padding(begin_) + kDigestBytes;
  return {};
}

raft::Result<void> StreamReader::take_envelope() {
  const std::string_view zeros = std::string_view(buffer_).substr(0, buffer_.size() - kDigestBytes);
  if (zeros.find_first_not_of('\0') != std::string_view::npos) {
    return corrupt("bytes behind the end of the snapshot");
  }
  digest_.update(zeros);
  if (digest_.value() != std::string_view(buffer_).substr(zeros.size())) {
    return corrupt("the SHA-256 of the file is wrong");
  }
  begin_ += buffer_.size();
  buffer_.clear();
  part_ = Part::kEnd;
  return {};
}

void StreamReader::next(Part part, std::size_t bytes) {
  digest_.update(buffer_);
  begin_ += buffer_.size();
  buffer_.clear();
  part_ = part;
  need_ = bytes;
}

std::unexpected<raft::Error> StreamReader::corrupt(std::string what) const {
  return raft::fail(ErrorCode::kCorruption, "byte " + std::to_string(begin_), std::move(what));
}

}  // namespace kv
