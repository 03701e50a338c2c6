// The keys of one tree node, side by side in one buffer: a search touches neighbouring bytes and a copy of
// the node is two copies of memory, whatever the number of keys.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace kv {

/// How many entries a leaf and how many children an inner node holds at most.
inline constexpr std::size_t kFanout = 32;

/// At most kFanout byte strings in order. Thread: one writer; readers of a node that is no longer written.
class PackedKeys {
 public:
  PackedKeys() = default;
  PackedKeys(const PackedKeys&) = delete;
  PackedKeys& operator=(const PackedKeys&) = delete;

  /// Requires at <= size() < kFanout. The caller keeps the order.
  void insert(std::size_t at, std::string_view key);
  /// Requires at < size().
  void erase(std::size_t at);
  /// Moves the keys from `from` on to the end of `target`, which has room for them.
  void move_tail(std::size_t from, PackedKeys& target);
  /// Adds every key of `other`, for which there is room.
  void append(const PackedKeys& other);

  /// Forgets the keys, keeps the buffer.
  void clear() { count_ = 0; }

  [[nodiscard]] std::size_t size() const { return count_; }
  /// Bytes of all keys together.
  [[nodiscard]] std::size_t bytes() const { return start(count_); }
  /// Bytes of the buffer.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::string_view operator[](std::size_t at) const {
    return {bytes_.get() + start(at), ends_[at] - start(at)};
  }
  /// The first place whose key is >= `key`.
  [[nodiscard]] std::size_t lower_bound(std::string_view key) const;
  /// The first place whose key is > `key`.
  [[nodiscard]] std::size_t upper_bound(std::string_view key) const;

 private:
  [[nodiscard]] std::size_t start(std::size_t at) const { return at == 0 ? 0 : ends_[at - 1]; }
  void reserve(std::size_t bytes);
  void append_bytes(const char* from, std::size_t bytes);

  std::unique_ptr<char[]> bytes_;
  std::uint32_t capacity_ = 0;
  std::uint32_t count_ = 0;
  std::array<std::uint32_t, kFanout> ends_;  // where each key ends in bytes_; only [0, count_) is set
};

}  // namespace kv
