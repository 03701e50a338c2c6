// The open streams of one connection.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "libkv/rpc/h2_stream.h"

namespace kv::rpc {

/// Owns streams; adding and removing are O(1). S derives from H2Stream. Thread: the loop's.
template <class S>
class StreamTable {
 public:
  void add(std::shared_ptr<S> stream) {
    stream->index = streams_.size();
    streams_.push_back(std::move(stream));
  }

  /// Hands the stream over to the caller.
  std::shared_ptr<S> remove(S& stream) {
    std::shared_ptr<S> removed = std::move(streams_[stream.index]);
    if (removed->index + 1 != streams_.size()) {
      streams_.back()->index = removed->index;
      streams_[removed->index] = std::move(streams_.back());
    }
    streams_.pop_back();
    removed->index = H2Stream::kNoIndex;
    return removed;
  }

  /// Requires `stream` to be in the table.
  [[nodiscard]] const std::shared_ptr<S>& shared(const S& stream) const { return streams_[stream.index]; }

  /// A copy, for loops in which streams come and go.
  [[nodiscard]] std::vector<std::shared_ptr<S>> snapshot() const { return streams_; }
  [[nodiscard]] std::size_t size() const { return streams_.size(); }

 private:
  std::vector<std::shared_ptr<S>> streams_;  // shared with whoever will answer
};

}  // namespace kv::rpc
