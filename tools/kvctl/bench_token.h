// Who makes a benchmark's calls, where authentication is enabled.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "libkv/rpc/client.h"
#include "tools/common/outcome.h"
#include "tools/kvctl/client.h"

namespace tools::kvctl {

/// One token for all calls; costs nothing without a user. Thread: any, but for renew().
class BenchToken {
 public:
  /// The client must outlive this.
  explicit BenchToken(Client& client) : client_(client) {}

  /// Asks for the first token, or for another if one was refused. Thread: the main one; it may block.
  Outcome<void> renew();
  /// With the token that there is.
  [[nodiscard]] kv::rpc::CallOptions options() const;
  /// Whether a call failed for its token, and may be made again after the next renew().
  bool refused(const kv::rpc::Status& status);

 private:
  Client& client_;
  const bool needed_ = !client_.settings().user.empty();
  std::atomic<bool> stale_{true};
  mutable std::mutex mutex_;  // guards token_
  std::string token_;
};

}  // namespace tools::kvctl
