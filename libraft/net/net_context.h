// What every connection of one transport shares.
#pragma once

#include <functional>
#include <memory>

#include "libraft/net/change_log.h"
#include "libraft/net/counters.h"
#include "libraft/net/options.h"
#include "libraft/net/tls.h"
#include "libraft/net/transport.h"

namespace raft {

/// Outlives every connection. Constant once the transport has started but for `log` (I/O thread) and `tally`
/// (any thread).
struct NetContext {
  NodeId self;
  std::uint64_t cluster_id = 0;
  TransportLimits limits;
  std::unique_ptr<PeerTls> tls;  ///< null: plain TCP
  ReceiveHandler receive;
  std::function<std::string()> roster;                          ///< AsioTransportOptions
  std::function<bool(NodeId)> removed;                          ///< AsioTransportOptions
  std::function<void(const std::string& reason)> told_removed;  ///< likewise
  ChangeLog log;
  Tally tally;
};

}  // namespace raft
