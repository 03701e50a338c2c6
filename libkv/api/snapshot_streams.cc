#include "libkv/api/snapshot_streams.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "libkv/api/context.h"
#include "libkv/api/proto/rpc.pb.h"
#include "libkv/snapshot/digest.h"
#include "libkv/snapshot/format.h"

namespace kv::api {
namespace {

/// As etcd cuts them.
constexpr std::size_t kBlobBytes = 32U << 10U;
/// What waits for one client's flow control, and how often it is looked at while it is too much.
constexpr std::size_t kQueuedBytesMax = 4U << 20U;
constexpr std::chrono::milliseconds kLook{5};

}  // namespace

/// One client's snapshot. Thread: the one that sends.
class SnapshotStreams::Stream {
 public:
  Stream(rpc::CallPtr call, std::unique_ptr<raft::SnapshotSource> source, std::uint64_t bytes_expected)
      : call_(std::move(call)), source_(std::move(source)), expected_(bytes_expected) {}

  /// Nothing more is to be sent.
  [[nodiscard]] bool over() const { return finished_ || call_->cancelled(); }
  [[nodiscard]] bool may_send() const { return call_->queued_bytes() < kQueuedBytesMax; }

  void send_next() {
    auto bytes = source_->read(kBlobBytes);
    if (!bytes) return finish({rpc::Code::kDataLoss, bytes.error().text()});
    if (!bytes->empty()) return send(std::move(*bytes), std::max(expected_, sent_ + 1) - sent_);
    if (const std::size_t padding = envelope_padding(sent_); padding > 0) {
      send(std::string(padding, '\0'), kDigestBytes);
    }
    send(digest_.value(), 0);
    finish({});
  }

 private:
  void send(std::string blob, std::uint64_t remaining) {
    digest_.update(blob);
    sent_ += blob.size();
    etcdserverpb::SnapshotResponse response;
    response.set_remaining_bytes(remaining);
    response.set_blob(std::move(blob));
    response.set_version(std::string(kClusterVersion));
    call_->send(response.SerializeAsString());
  }
  void finish(rpc::Status status) {
    call_->finish(std::move(status));
    finished_ = true;
  }

  const rpc::CallPtr call_;
  const std::unique_ptr<raft::SnapshotSource> source_;
  const std::uint64_t expected_;
  Digest digest_;
  std::uint64_t sent_ = 0;
  bool finished_ = false;
};

SnapshotStreams::SnapshotStreams() = default;

SnapshotStreams::~SnapshotStreams() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

bool SnapshotStreams::add(rpc::CallPtr call, std::unique_ptr<raft::SnapshotSource> source,
                          std::uint64_t bytes_expected) {
  {
    const std::lock_guard lock(mutex_);
    if (open_ >= kSnapshotStreamsMax) return false;
    ++open_;
    waiting_.push_back(std::make_unique<Stream>(std::move(call), std::move(source), bytes_expected));
    if (!std::exchange(started_, true)) {
      thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }
  }
  added_.notify_one();
  return true;
}

void SnapshotStreams::run(const std::stop_token& stop) {
  std::vector<std::unique_ptr<Stream>> streams;
  bool moved = false;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      const auto added = [this] { return !waiting_.empty(); };
      if (streams.empty()) {
        added_.wait(lock, stop, added);
      } else if (!moved) {
        added_.wait_for(lock, stop, kLook, added);
      }
      std::move(waiting_.begin(), waiting_.end(), std::back_inserter(streams));
      waiting_.clear();
    }
    moved = false;
    for (const auto& stream : streams) {
      if (stream->over() || !stream->may_send()) continue;
      stream->send_next();
      moved = true;
    }
    const std::size_t ended = std::erase_if(streams, [](const auto& stream) { return stream->over(); });
    const std::lock_guard lock(mutex_);
    open_ -= ended;
  }
}

}  // namespace kv::api
