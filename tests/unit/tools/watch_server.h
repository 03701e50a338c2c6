// A Watch service that says, stream by stream, what a test wants it to say.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "libkv/api/proto/rpc.pb.h"
#include "libkv/rpc/server.h"

namespace tools::kvctl {

/// One stream: what is sent once the watch is asked for, and how it ends; without an end it stays open.
struct StreamScript {
  std::vector<etcdserverpb::WatchResponse> responses;
  std::optional<kv::rpc::Status> end;
};

/// What a stream was asked.
struct AskedWatch {
  etcdserverpb::WatchCreateRequest request;
  bool needs_leader = false;
};

/// Thread: any.
class WatchServer {
 public:
  explicit WatchServer(std::vector<StreamScript> scripts);

  [[nodiscard]] std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::vector<AskedWatch> asked() const;

 private:
  friend class ScriptedStream;
  std::optional<StreamScript> take(AskedWatch asked);

  mutable std::mutex mutex_;  // guards what follows
  std::vector<StreamScript> scripts_;
  std::vector<AskedWatch> asked_;

  std::uint16_t port_ = 0;
  std::unique_ptr<kv::rpc::Server> server_;  // last: stops before the rest goes
};

etcdserverpb::WatchResponse created_at(std::int64_t revision);
/// Puts of "k" at these revisions.
etcdserverpb::WatchResponse puts_at(const std::vector<std::int64_t>& revisions);
etcdserverpb::WatchResponse progress_at(std::int64_t revision);
etcdserverpb::WatchResponse compacted_at(std::int64_t revision);

}  // namespace tools::kvctl
