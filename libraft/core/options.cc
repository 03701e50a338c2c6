#include "libraft/core/options.h"

namespace raft {

std::vector<std::string> CoreOptions::faults() const {
  std::vector<std::string> faults;
  if (heartbeat_ticks == 0) faults.emplace_back("heartbeat_ticks is 0; it must be at least 1");
  if (election_ticks < 5 * heartbeat_ticks) {
    faults.push_back("election_ticks is " + std::to_string(election_ticks) +
                     "; it must be at least 5 x heartbeat_ticks (" + std::to_string(heartbeat_ticks) + ")");
  }
  if (election_jitter_ticks == 0) faults.emplace_back("election_jitter_ticks is 0; it must be at least 1");
  if (append_bytes_max == 0) faults.emplace_back("append_bytes_max is 0; it must be at least 1");
  if (inflight_messages_max == 0) faults.emplace_back("inflight_messages_max is 0; it must be at least 1");
  if (inflight_bytes_max < append_bytes_max) {
    faults.emplace_back("inflight_bytes_max is below append_bytes_max");
  }
  if (lease_reads && !check_quorum) faults.emplace_back("lease_reads needs check_quorum");
  return faults;
}

}  // namespace raft
