// The bytes of a snapshot in, its header and rows out; every byte is verified and nothing is trusted.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libkv/snapshot/digest.h"
#include "libkv/snapshot/format.h"
#include "libraft/base/result.h"

namespace kv {

/// What is told while the bytes come. An error that one of them returns ends the reading with it.
struct StreamVisitor {
  std::function<raft::Result<void>(const SnapshotHeader&)> header;
  /// In ascending order of key. Rows are whole and their block's checksum is right, but only finish() says
  /// that the stream is whole.
  std::function<raft::Result<void>(std::string_view key, std::string_view value)> row;
};

/// What may follow the trailer.
enum class Envelope : std::uint8_t {
  kNone,     ///< nothing: between members
  kAllowed,  ///< nothing, or what the etcd API adds (FORMAT.md): in files
};

/// Takes bytes in pieces of any size. Holds one block and one row at most (kBlockBytesMax,
/// kRowValueBytesMax). Errors are kCorruption, or kMismatch for a newer format, with "byte N" of the stream
/// as their place; the reader is of no use after one. Thread: one.
class StreamReader {
 public:
  explicit StreamReader(StreamVisitor visitor, Envelope envelope = Envelope::kNone);
  ~StreamReader();
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;

  [[nodiscard]] raft::Result<void> push(std::string_view bytes);
  /// That was all: kCorruption when the stream is cut short.
  [[nodiscard]] raft::Result<SnapshotTotals> finish() const;

  /// Once it was read.
  [[nodiscard]] const std::optional<SnapshotHeader>& header() const { return header_; }
  /// So many bytes were pushed.
  [[nodiscard]] std::uint64_t bytes() const { return begin_ + buffer_.size(); }

 private:
  class Unpacker;
  enum class Part { kPrelude, kHeader, kTag, kBlockHead, kBlock, kTrailer, kEnvelope, kEnd };

  /// `buffer_` holds the whole part.
  [[nodiscard]] raft::Result<void> take_part();
  [[nodiscard]] raft::Result<void> take_header();
  [[nodiscard]] raft::Result<void> take_tag();
  [[nodiscard]] raft::Result<void> take_block_head();
  [[nodiscard]] raft::Result<void> take_block();
  [[nodiscard]] raft::Result<void> take_trailer();
  [[nodiscard]] raft::Result<void> take_envelope();
  [[nodiscard]] raft::Result<void> take_rows();
  /// False when its bytes are not all there yet.
  [[nodiscard]] raft::Result<bool> take_row(std::string_view& rest);

  void next(Part part, std::size_t bytes);
  [[nodiscard]] std::unexpected<raft::Error> corrupt(std::string what) const;

  const StreamVisitor visitor_;
  const Envelope envelope_;
  const std::unique_ptr<Unpacker> unpacker_;
  Digest digest_;
  std::optional<SnapshotHeader> header_;
  SnapshotTotals totals_;

  Part part_ = Part::kPrelude;
  std::size_t need_ = kPreludeBytes;
  std::string buffer_;       // of the part
  std::uint64_t begin_ = 0;  // the offset of `buffer_` in the stream
  std::string prelude_;

  std::size_t rows_bytes_ = 0;        // of the block, unpacked
  std::uint64_t block_checksum_ = 0;  // as its head says
  std::string rows_;                  // unpacked and not yet told
  std::string last_key_;
};

}  // namespace kv
