#include "libkv/snapshot/stream_writer.h"

#include <zstd.h>

#include <algorithm>

#include "libraft/base/bytes.h"
#include "libraft/base/check.h"

namespace kv {
namespace {

/// Rows pack well already at the fastest level, and a leader has better things to do.
constexpr int kLevel = 1;

}  // namespace

class StreamWriter::Packer {
 public:
  std::string_view pack(std::string_view rows) {
    const std::size_t size =
        ZSTD_compressCCtx(context_.get(), packed_.data(), packed_.size(), rows.data(), rows.size(), kLevel);
    RAFT_CHECK(ZSTD_isError(size) == 0);
    return std::string_view(packed_).substr(0, size);
  }

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  const std::unique_ptr<ZSTD_CCtx, Free> context_{ZSTD_createCCtx()};
  std::string packed_ = std::string(ZSTD_compressBound(kBlockBytesMax), '\0');
};

StreamWriter::StreamWriter(const SnapshotHeader& header) : packer_(std::make_unique<Packer>()) {
  emit(encode_header(header));
}

StreamWriter::~StreamWriter() = default;

void StreamWriter::add(std::string_view key, std::string_view value) {
  RAFT_CHECK(!key.empty() && key.size() <= kRowKeyBytesMax && value.size() <= kRowValueBytesMax);
  const std::size_t before = block_.size();
  raft::ByteWriter writer(block_);
  writer.bytes(key);
  writer.bytes(value);
  ++totals_.rows;
  totals_.row_bytes += block_.size() - before;
  std::size_t written = 0;
  for (; block_.size() - written >= kBlockBytesMax; written += kBlockBytesMax) {
    write_block(std::string_view(block_).substr(written, kBlockBytesMax));
  }
  block_.erase(0, written);
}

void StreamWriter::finish() {
  if (!block_.empty()) write_block(block_);
  block_.clear();
  std::string trailer;
  raft::ByteWriter writer(trailer);
  writer.u8(static_cast<std::uint8_t>(Tag::kTrailer));
  writer.u64(totals_.blocks);
  writer.u64(totals_.rows);
  writer.u64(totals_.row_bytes);
  emit(trailer);
  out_ += digest_.value();
}

void StreamWriter::write_block(std::string_view rows) {
  const std::string_view packed = packer_->pack(rows);
  std::string head;
  raft::ByteWriter writer(head);
  writer.u8(static_cast<std::uint8_t>(Tag::kBlock));
  writer.u32(static_cast<std::uint32_t>(rows.size()));
  writer.u32(static_cast<std::uint32_t>(packed.size()));
  writer.u64(block_checksum(totals_.blocks, packed));
  ++totals_.blocks;
  emit(head);
  emit(packed);
}

void StreamWriter::emit(std::string_view bytes) {
  digest_.update(bytes);
  out_ += bytes;
}

std::string StreamWriter::take(std::size_t bytes_max) {
  const std::size_t count = std::min(bytes_max, ready());
  std::string bytes = out_.substr(taken_, count);
  taken_ += count;
  if (taken_ == out_.size()) {
    out_.clear();
    taken_ = 0;
  }
  return bytes;
}

}  // namespace kv
