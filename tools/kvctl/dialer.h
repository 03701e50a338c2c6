// Connections to endpoints.
#pragma once

#include <chrono>
#include <memory>

#include "libkv/rpc/client.h"
#include "libraft/base/result.h"
#include "tools/kvctl/endpoint.h"
#include "tools/kvctl/settings.h"

namespace tools::kvctl {

/// The seam between the client's retries and the network.
class Dialer {
 public:
  virtual ~Dialer() = default;
  /// Blocks up to `timeout`.
  virtual raft::Result<std::shared_ptr<kv::rpc::Channel>> dial(const Endpoint& endpoint,
                                                               std::chrono::milliseconds timeout) = 0;
};

/// What to connect with, as the settings say.
kv::rpc::ChannelOptions channel_options(const Settings& settings, const Endpoint& endpoint,
                                        std::chrono::milliseconds timeout);

/// Real connections, on one thread that starts with the first. Thread: any.
std::unique_ptr<Dialer> make_dialer(const Settings& settings);

}  // namespace tools::kvctl
