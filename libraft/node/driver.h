// Gives a replica its threads, its disk and its clock. The only file of libraft/node that starts threads:
//   raft        steps the replica; the only one that touches the core
//   log-writer  makes writes durable (log_writer.h)
//   apply       runs the state machine (applier.h)
//   snapshots   reads and builds whole states
// They meet in queues that hand over batches; no lock is held across I/O.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "libraft/base/log_sink.h"
#include "libraft/base/result.h"
#include "libraft/core/effects.h"
#include "libraft/log/log_store.h"
#include "libraft/net/transport.h"
#include "libraft/node/options.h"
#include "libraft/node/state_machine.h"

namespace raft {

/// What the driver tells its owner. None may block.
struct DriverEvents {
  /// These reads may be served from the state machine now. Thread: raft or apply.
  std::function<void(std::span<const std::uint64_t> tickets)> reads_ready;
  /// Term, role, leader or commit index moved. Thread: raft.
  std::function<void(const CoreStatus&)> status_changed;
  /// The configuration that counts here, at the start and whenever it moved. Thread: raft.
  std::function<void(const Membership&)> configured;
  /// A tick has passed; for deadlines. Thread: raft.
  std::function<void(std::chrono::steady_clock::time_point)> ticked;
  /// The disk failed or is damaged: this member has stopped taking part. Once. Thread: any.
  std::function<void(const Error&)> failed;
};

/// Parts that must outlive the driver; it does not own them.
struct DriverParts {
  LogStore* log = nullptr;
  StateMachine* machine = nullptr;
  Transport* transport = nullptr;
};

/// Thread: every method from any thread.
class Driver {
 public:
  static Result<std::unique_ptr<Driver>> start(const ReplicaOptions& options, DriverParts parts,
                                               DriverEvents events, LogSink log);
  /// Stops.
  virtual ~Driver() = default;

  /// Puts a command into the log, through the leader wherever it is. False when the inbox is full: not
  /// proposed.
  [[nodiscard]] virtual bool propose(SharedBytes payload) = 0;
  /// Asks for a linearizable read; `reads_ready` gives the ticket back. False when the inbox is full.
  [[nodiscard]] virtual bool read(std::uint64_t ticket) = 0;
  /// For the transport's ReceiveHandler.
  virtual void receive(NodeId from, std::vector<Message> messages) = 0;
  virtual void transfer_leadership(std::optional<NodeId> target) = 0;
  /// The state machine's word on the membership: whoever leads moves the configuration there.
  virtual void want(MembershipTarget target) = 0;

  [[nodiscard]] virtual CoreStatus status() const = 0;
  [[nodiscard]] virtual Membership membership() const = 0;
  /// While this member leads, the others whose logs keep up with its own, as of the last tick.
  [[nodiscard]] virtual std::vector<NodeId> keeping_up() const = 0;
  [[nodiscard]] virtual Index applied() const = 0;
  /// Committed entries that are not applied here yet. Costs two loads: for admission, on every write.
  [[nodiscard]] virtual std::uint64_t backlog() const = 0;
  /// Counts for a watchdog: they grow while the threads are alive.
  struct Heartbeats {
    std::uint64_t raft_steps = 0;
    std::uint64_t applied_batches = 0;
    std::uint64_t synced_batches = 0;
  };
  [[nodiscard]] virtual Heartbeats heartbeats() const = 0;

  /// Joins the threads. Nothing of what was proposed and not answered will be.
  virtual void stop() = 0;
};

}  // namespace raft
