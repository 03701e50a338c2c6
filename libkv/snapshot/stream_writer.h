// Rows in, the bytes of a snapshot out.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "libkv/snapshot/digest.h"
#include "libkv/snapshot/format.h"

namespace kv {

/// The same rows give the same bytes. Holds one block and what was not taken yet. Thread: one.
class StreamWriter {
 public:
  explicit StreamWriter(const SnapshotHeader& header);
  ~StreamWriter();
  StreamWriter(const StreamWriter&) = delete;
  StreamWriter& operator=(const StreamWriter&) = delete;

  /// Rows come in ascending order of key.
  void add(std::string_view key, std::string_view value);
  /// The trailer; no row may follow.
  void finish();

  /// Bytes that wait to be taken.
  [[nodiscard]] std::size_t ready() const { return out_.size() - taken_; }
  /// The next of them, at most `bytes_max`.
  std::string take(std::size_t bytes_max);

 private:
  class Packer;

  void write_block(std::string_view rows);
  void emit(std::string_view bytes);

  const std::unique_ptr<Packer> packer_;
  Digest digest_;
  SnapshotTotals totals_;
  std::string block_;  // rows that fill no block yet
  std::string out_;
  std::size_t taken_ = 0;
};

}  // namespace kv
