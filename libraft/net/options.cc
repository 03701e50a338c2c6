#include "libraft/net/options.h"

namespace raft {

std::string describe(const Endpoint& endpoint) {
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  return (v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

std::vector<std::string> TransportLimits::faults() const {
  std::vector<std::string> faults;
  const auto positive = [&faults](bool good, const char* option) {
    if (!good) faults.push_back(std::string(option) + " must be above 0");
  };
  positive(queue_bytes_max > 0, "queue_bytes_max");
  positive(queue_messages_max > 0, "queue_messages_max");
  positive(connections_max > 0, "connections_max");
  positive(connect_timeout.count() > 0, "connect_timeout");
  positive(handshake_timeout.count() > 0, "handshake_timeout");
  positive(stall_timeout.count() > 0, "stall_timeout");
  positive(unacknowledged_max.count() > 0, "unacknowledged_max");
  positive(reconnect_pause_min.count() > 0, "reconnect_pause_min");
  if (reconnect_pause_max < reconnect_pause_min) {
    faults.emplace_back("reconnect_pause_max is below reconnect_pause_min");
  }
  return faults;
}

}  // namespace raft
