// Snapshots on their way to clients (contract section 7.3): one thread reads and packs for all of them, so
// that a backup never stands in the way of other calls of its connection.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "libkv/rpc/server.h"
#include "libraft/node/snapshot.h"

namespace kv::api {

/// At most so many at a time: each keeps the space of what is deleted meanwhile.
inline constexpr std::size_t kSnapshotStreamsMax = 8;

/// Thread: add from any.
class SnapshotStreams {
 public:
  SnapshotStreams();
  /// Drops what is still being sent.
  ~SnapshotStreams();
  SnapshotStreams(const SnapshotStreams&) = delete;
  SnapshotStreams& operator=(const SnapshotStreams&) = delete;

  /// Sends `source` and ends `call`; a client that reads slowly holds up nobody. `bytes_expected`: for
  /// remaining_bytes, which is an estimate. False when there are too many already.
  [[nodiscard]] bool add(rpc::CallPtr call, std::unique_ptr<raft::SnapshotSource> source,
                         std::uint64_t bytes_expected);

 private:
  class Stream;

  void run(const std::stop_token& stop);

  std::mutex mutex_;  // guards what follows but for the thread
  std::condition_variable_any added_;
  std::deque<std::unique_ptr<Stream>> waiting_;  // not yet seen by the thread
  std::size_t open_ = 0;
  bool started_ = false;
  std::jthread thread_;  // the first stream starts it
};

}  // namespace kv::api
