// The sending half of InstallSnapshot (§7): what goes to whom, how fast, and again when it was lost.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "libraft/core/event.h"
#include "libraft/node/options.h"
#include "libraft/node/outbox.h"
#include "libraft/node/snapshot_jobs.h"

namespace raft {

/// What the two halves want done; the replica adds it to its work.
struct SnapshotTraffic {
  std::vector<SnapshotJob> jobs;
  Mail mail;
};

/// A leader's transfers, at most one a peer. Keeps what was not acknowledged, a few chunks a transfer, so
/// that a lost connection costs those and not the whole state.
class SnapshotSenders {
 public:
  /// `first`: unlike the transfers of this member's earlier lives.
  SnapshotSenders(const SnapshotOptions& options, TransferId first) : options_(options), next_(first) {}

  /// The core wants `peer` to have a state. Beyond the limit on transfers: ends at once, to be asked again.
  void begin(NodeId peer, SnapshotTraffic& traffic);
  void take(const SourceOpened& opened, SnapshotTraffic& traffic);
  void take(const ChunkRead& read, Term term, SnapshotTraffic& traffic);
  void failed(TransferId transfer, SnapshotTraffic& traffic);
  void acknowledged(NodeId from, const SnapshotAck& ack, SnapshotTraffic& traffic);
  void tick(SnapshotTraffic& traffic);
  /// This member does not lead any more, or the peers are others: only transfers to `peers` go on.
  void keep_only(const std::vector<NodeId>& peers, SnapshotTraffic& traffic);

  /// Transfers that are over since the last call: events for the core.
  std::vector<SnapshotEnded> take_ended();
  /// The oldest place at which a state under way ends: entries behind it will be needed.
  [[nodiscard]] std::optional<Index> oldest() const;
  [[nodiscard]] bool empty() const { return transfers_.empty(); }

 private:
  struct Transfer {
    TransferId id = 0;
    NodeId peer;
    std::optional<EntryId> last;       // known once the source is open
    std::deque<SnapshotChunk> window;  // sent and not acknowledged
    std::uint64_t numbered = 0;        // chunks made so far
    bool reading = false;
    bool read_all = false;
    std::size_t credit_bytes = 0;  // what the rate allows now
    std::uint32_t silent_ticks = 0;
    std::uint32_t stuck_ticks = 0;
  };

  Transfer* find(TransferId id);
  void pump(Transfer& transfer, SnapshotTraffic& traffic);
  void end(const Transfer& transfer, std::optional<Index> match, SnapshotTraffic& traffic);

  const SnapshotOptions options_;
  TransferId next_;
  std::map<NodeId, Transfer> transfers_;
  std::vector<SnapshotEnded> ended_;
};

}  // namespace raft
