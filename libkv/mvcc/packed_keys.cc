#include "libkv/mvcc/packed_keys.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "libraft/base/check.h"

namespace kv {
namespace {

constexpr std::size_t kFirstCapacity = 256;

}  // namespace

void PackedKeys::insert(std::size_t at, std::string_view key) {
  RAFT_CHECK(at <= count_);
  RAFT_CHECK(count_ < kFanout);
  const std::size_t total = bytes();
  const std::size_t grown = std::size_t{capacity_} + capacity_ / 4;
  if (total + key.size() > capacity_) reserve(std::max(total + key.size(), grown));
  const std::size_t place = start(at);
  char* const target = bytes_.get() + place;
  if (place != total) std::memmove(target + key.size(), target, total - place);
  if (!key.empty()) std::memcpy(target, key.data(), key.size());
  for (std::size_t i = count_; i > at; --i) {
    ends_[i] = ends_[i - 1] + static_cast<std::uint32_t>(key.size());
  }
  ends_[at] = static_cast<std::uint32_t>(place + key.size());
  ++count_;
}

void PackedKeys::erase(std::size_t at) {
  RAFT_CHECK(at < count_);
  const std::size_t place = start(at);
  const std::size_t length = ends_[at] - place;
  std::memmove(bytes_.get() + place, bytes_.get() + ends_[at], bytes() - ends_[at]);
  for (std::size_t i = at; i + 1 < count_; ++i) {
    ends_[i] = ends_[i + 1] - static_cast<std::uint32_t>(length);
  }
  --count_;
}

void PackedKeys::move_tail(std::size_t from, PackedKeys& target) {
  RAFT_CHECK(from <= count_);
  RAFT_CHECK(target.count_ + (count_ - from) <= kFanout);
  const std::size_t first = start(from);
  const std::size_t base = target.bytes();
  target.append_bytes(bytes_.get() + first, bytes() - first);
  for (std::size_t i = from; i < count_; ++i) {
    target.ends_[target.count_++] = static_cast<std::uint32_t>(ends_[i] - first + base);
  }
  count_ = static_cast<std::uint32_t>(from);
}

void PackedKeys::append(const PackedKeys& other) {
  RAFT_CHECK(count_ + other.count_ <= kFanout);
  const std::size_t base = bytes();
  append_bytes(other.bytes_.get(), other.bytes());
  for (std::size_t i = 0; i < other.count_; ++i) {
    ends_[count_++] = static_cast<std::uint32_t>(other.ends_[i] + base);
  }
}

std::size_t PackedKeys::lower_bound(std::string_view key) const {
  std::size_t low = 0;
  std::size_t high = count_;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if ((*this)[middle] < key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::size_t PackedKeys::upper_bound(std::string_view key) const {
  const std::size_t at = lower_bound(key);
  return at < count_ && (*this)[at] == key ? at + 1 : at;
}

void PackedKeys::reserve(std::size_t bytes_wanted) {
  if (bytes_wanted <= capacity_) return;
  // Offsets are 32 bits: 64 keys of the largest command's size do not fit, but nodes are split by bytes
  // first.
  RAFT_CHECK(bytes_wanted <= std::numeric_limits<std::uint32_t>::max());
  const std::size_t capacity = std::max(bytes_wanted, kFirstCapacity);
  auto larger = std::make_unique_for_overwrite<char[]>(capacity);
  if (bytes() != 0) std::memcpy(larger.get(), bytes_.get(), bytes());
  bytes_ = std::move(larger);
  capacity_ = static_cast<std::uint32_t>(capacity);
}

void PackedKeys::append_bytes(const char* from, std::size_t count) {
  if (count == 0) return;
  const std::size_t base = bytes();
  reserve(base + count);
  std::memcpy(bytes_.get() + base, from, count);
}

}  // namespace kv
