// Bytes waiting to become DATA frames: whole messages in, pieces of any size out.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "libkv/rpc/block_cache.h"

namespace kv::rpc {

/// A queue of messages read as one byte stream. Its owner bounds it (ServerCall::queued_bytes).
/// Thread: the loop's.
class SendQueue {
 public:
  /// Appends a message with gRPC's prefix before it. Requires message.size() < 2^32.
  void push_message(std::string message);
  /// Appends bytes as they are.
  void push_raw(std::string bytes);
  /// Moves the first `count` bytes to the end of `out`. Requires count <= size().
  void take(std::size_t count, std::string& out);
  void clear();

  /// Bytes not taken yet, prefixes included.
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Item {
    std::string bytes;
    bool prefixed;
  };
  std::size_t take_prefix(const Item& item, std::size_t count, std::string& out);
  void drop_taken();

  std::vector<Item, BlockAllocator<Item>> items_;
  std::size_t first_ = 0;   // the item being taken
  std::size_t offset_ = 0;  // bytes of it already taken, prefix included
  std::size_t size_ = 0;
};

}  // namespace kv::rpc
