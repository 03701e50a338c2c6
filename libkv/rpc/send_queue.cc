#include "libkv/rpc/send_queue.h"

#include <algorithm>
#include <utility>

#include "libkv/rpc/grpc_frame.h"
#include "libraft/base/check.h"

namespace kv::rpc {
namespace {

constexpr std::size_t kTakenItemsMax = 64;  // taken items kept at the front before they are erased

}  // namespace

void SendQueue::push_message(std::string message) {
  size_ += kFramePrefixBytes + message.size();
  items_.push_back({std::move(message), true});
}

void SendQueue::push_raw(std::string bytes) {
  size_ += bytes.size();
  items_.push_back({std::move(bytes), false});
}

std::size_t SendQueue::take_prefix(const Item& item, std::size_t count, std::string& out) {
  if (!item.prefixed || offset_ >= kFramePrefixBytes) return 0;
  const auto prefix = frame_prefix(item.bytes.size());
  const std::size_t taken = std::min(count, kFramePrefixBytes - offset_);
  out.append(prefix.data() + offset_, taken);
  offset_ += taken;
  return taken;
}

void SendQueue::take(std::size_t count, std::string& out) {
  RAFT_CHECK(count <= size_);
  size_ -= count;
  while (count > 0) {
    Item& item = items_[first_];
    count -= take_prefix(item, count, out);
    const std::size_t prefix = item.prefixed ? kFramePrefixBytes : 0;
    if (offset_ < prefix) return;
    const std::size_t taken = std::min(count, item.bytes.size() - (offset_ - prefix));
    out.append(item.bytes, offset_ - prefix, taken);
    offset_ += taken;
    count -= taken;
    if (offset_ == prefix + item.bytes.size()) {
      item.bytes = {};
      offset_ = 0;
      ++first_;
    }
  }
  drop_taken();
}

void SendQueue::drop_taken() {
  if (first_ == items_.size()) {
    items_.clear();
    first_ = 0;
  } else if (first_ > kTakenItemsMax && first_ * 2 > items_.size()) {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

void SendQueue::clear() {
  items_.clear();
  first_ = offset_ = size_ = 0;
}

}  // namespace kv::rpc
