// A listening socket that hands accepted connections to I/O threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "libkv/rpc/loop.h"
#include "libkv/rpc/server.h"
#include "libkv/rpc/wire.h"
#include "libraft/base/result.h"

namespace kv::rpc {

/// Thread: bind and start before the loops run or from any; stop and destruction as it says.
class Listener {
 public:
  /// Chooses the loop of the next connection.
  using Choose = std::function<Loop&()>;
  /// Runs on the chosen loop's thread.
  using Accepted = std::function<void(Loop& loop, std::shared_ptr<Wire> wire, std::string peer)>;

  /// Binds. `loop` accepts. kUnavailable names the address; kInvalidArgument a file of TLS.
  static raft::Result<std::unique_ptr<Listener>> bind(Loop& loop, const std::string& host, std::uint16_t port,
                                                      const std::optional<TlsOptions>& tls);
  virtual ~Listener() = default;  ///< after the loop has stopped

  [[nodiscard]] virtual std::uint16_t port() const = 0;
  /// `unacknowledged_max`: see tune().
  virtual void start(Choose choose, Accepted accepted, std::chrono::milliseconds unacknowledged_max) = 0;
  /// On the accepting loop's thread.
  virtual void stop() = 0;
};

}  // namespace kv::rpc
