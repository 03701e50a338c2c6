// One call of Watch.Watch with one watcher on it.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "libkv/api/proto/rpc.pb.h"
#include "libkv/rpc/client.h"
#include "tools/kvctl/bell.h"

namespace tools::kvctl {

/// Responses that wait to be taken. When they are more, the connection is not read until some are: the server
/// then holds the rest back, and so does the network.
inline constexpr std::size_t kWatchQueueMax = 256;
inline constexpr std::size_t kWatchQueueBytesMax = 64 << 20;

/// Thread: one, except for the callbacks, which the loop makes.
class WatchStream {
 public:
  WatchStream(Bell& bell, kv::rpc::Channel& channel, const etcdserverpb::WatchCreateRequest& request,
              kv::rpc::CallOptions options);
  /// Ends the call, and waits until the loop knows.
  ~WatchStream();
  WatchStream(const WatchStream&) = delete;
  WatchStream& operator=(const WatchStream&) = delete;

  /// Without the bell's mutex: asks how far the server has told everything.
  void ask_progress();

  // With the bell's mutex held:

  [[nodiscard]] bool ready() const { return !queue_.empty() || status_.has_value(); }
  /// The oldest response that waits.
  std::optional<std::string> take();
  /// How the call ended; said once everything is taken.
  [[nodiscard]] const kv::rpc::Status* ended() const;

 private:
  void on_message(std::string bytes);
  void on_done(kv::rpc::Status status);

  Bell& bell_;
  std::deque<std::string> queue_;
  std::size_t queue_bytes_ = 0;
  bool closing_ = false;
  std::optional<kv::rpc::Status> status_;
  std::shared_ptr<kv::rpc::ClientStream> stream_;  // shared with its connection
};

}  // namespace tools::kvctl
