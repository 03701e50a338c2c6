// The replicated state machine: log entries in, state and outcomes out. No clock, no thread, no waiting: the
// same entries give the same state on every member, and the simulator runs this very code.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "libkv/lease/leases.h"
#include "libkv/machine/command.h"
#include "libkv/machine/command_version.h"
#include "libkv/machine/member_info.h"
#include "libkv/machine/outcome.h"
#include "libkv/mvcc/change.h"
#include "libkv/mvcc/read_view.h"
#include "libkv/mvcc/state_point.h"
#include "libkv/session/session_limits.h"
#include "libraft/base/result.h"
#include "libraft/core/membership.h"
#include "libraft/core/types.h"
#include "libraft/node/snapshot.h"

namespace leveldb {
class Env;
}

namespace kv {

class AuthTable;
class SessionTable;

/// Every so many entries the state is looked at, to be compared with the states of other members.
inline constexpr std::uint64_t kPointStride = 16;

struct MachineOptions {
  leveldb::Env* env = nullptr;  ///< not owned
  std::string path;             ///< <data-dir>/snap; the states are directories in it (FORMAT.md)
  /// The initial members; used when the state is new, ignored later.
  std::vector<MemberInfo> members;
  std::size_t value_cache_bytes = 64U << 20U;
  std::size_t write_buffer_bytes = 32U << 20U;  ///< what LevelDB gathers before it writes a table
  std::uint64_t cluster_id = 0;                 ///< goes into snapshots; one of another cluster is refused
  /// The entry before the log's first one: decides which directory is the state.
  raft::Index log_base;
  /// What a new state counts as applied: {1,1} for an initial member, whose members are entry 1. A new state
  /// with members has all that are no learners as its voters, by the entry of this index.
  raft::EntryId first;
  std::uint32_t known_version = kKnownVersion;  ///< of commands; tests are older or newer
  /// The same on every member and at every start.
  SessionLimits sessions;
};

/// The outcome of one applied command, for the member that proposed it.
struct Applied {
  raft::Index index;
  raft::NodeId origin;
  std::uint64_t sequence = 0;
  Outcome outcome;
  /// The command was a retry: this was told before, and nothing was changed.
  bool repeated = false;
};

/// Thread: open, apply, points, collect, take_changes, install, compact_some and sync from one thread; the
/// rest from any.
class Machine {
 public:
  /// Makes a new state, or opens the newest one that the log goes on from and removes every other.
  /// kCorruption when the log begins behind all of them, kMismatch when the cluster uses commands that are
  /// not known here.
  static raft::Result<std::unique_ptr<Machine>> open(const MachineOptions& options);
  virtual ~Machine() = default;

  /// The last entry whose effect is in the state (section 4 of DESIGN: it is written in the same batch).
  [[nodiscard]] virtual raft::EntryId applied() const = 0;

  /// Applies contiguous entries from applied().index + 1 in one atomic write, then publishes one new view. An
  /// error is a fault of the disk: final, nothing of the batch is visible, the node must stop. So is
  /// kMismatch: the cluster went over to commands that are not known here.
  [[nodiscard]] virtual raft::Result<std::vector<Applied>> apply(std::span<const raft::Entry> entries) = 0;

  /// The state behind every entry of the last apply whose index is a multiple of kPointStride.
  [[nodiscard]] virtual const std::vector<StatePoint>& points() const = 0;
  /// The state as it is published now.
  [[nodiscard]] virtual StatePoint state_point() const = 0;
  /// What the next apply keeps of the changes that it makes, for take_changes. Has no effect on the state.
  virtual void collect(Collect how) = 0;
  /// Those of the last apply.
  [[nodiscard]] virtual CollectedChanges take_changes() = 0;

  /// Does a bounded slice of the physical compaction that is due; true while there is more to do.
  [[nodiscard]] virtual raft::Result<bool> compact_some() = 0;

  /// Makes everything applied durable (needed before the log in front of it may be dropped).
  [[nodiscard]] virtual raft::Result<void> sync() = 0;

  /// One moment of the state, at or behind applied() at the call, to be read while writes go on. Drop it
  /// soon: what is deleted meanwhile keeps its space.
  [[nodiscard]] virtual raft::Result<std::unique_ptr<raft::SnapshotSource>> open_snapshot() const = 0;

  /// Where a state that covers the log up to `last` is built, beside the one in use. One at a time; may be
  /// written by any one thread. kInvalidArgument when the state in use was installed at `last` itself.
  [[nodiscard]] virtual raft::Result<std::unique_ptr<raft::SnapshotSink>> receive_snapshot(
      raft::Index last) = 0;
  /// Goes over to a finished sink of receive_snapshot, which the log must have accepted. Views of the state
  /// before stay valid until they are dropped; then its directory goes. kInvalidArgument, and nothing
  /// happened, when the state in use is at or behind that entry already.
  [[nodiscard]] virtual raft::Result<void> install(std::unique_ptr<raft::SnapshotSink> sink) = 0;

  [[nodiscard]] virtual ReadView view() const = 0;
  /// Sorted by id.
  [[nodiscard]] virtual std::vector<MemberInfo> members() const = 0;
  /// Those that are raised, sorted by type, then by member.
  [[nodiscard]] virtual std::vector<Alarm> alarms() const = 0;
  /// Who should vote and who should learn, as the table of members says.
  [[nodiscard]] virtual raft::MembershipTarget membership_target() const = 0;
  /// Whether this one was a member, may never be one again, and the configuration applied last counts with it
  /// no more: until then the others may need it.
  [[nodiscard]] virtual bool was_removed(raft::NodeId id) const = 0;
  /// Thread: any may read() it.
  [[nodiscard]] virtual const Leases& leases() const = 0;
  /// What is kept of writes in sessions. Thread: apply's.
  [[nodiscard]] virtual const SessionTable& sessions() const = 0;
  /// Users and roles, never older than view(): ask for the view first. Shared with whoever reads it.
  [[nodiscard]] virtual std::shared_ptr<const AuthTable> auth() const = 0;
  /// Whether authentication is on, at the price of one load: what every request asks first.
  [[nodiscard]] virtual bool auth_enabled() const = 0;
  /// The newest one that was applied; index 0 for a state that was told of none.
  [[nodiscard]] virtual raft::Configuration configuration() const = 0;
  /// The cluster's version of commands: what may be proposed (command_version.h).
  [[nodiscard]] virtual std::uint32_t command_version() const = 0;
  /// Bytes of the files on disk; at least 1.
  [[nodiscard]] virtual std::uint64_t bytes_on_disk() const = 0;
  /// Whether compacted records are still being deleted.
  [[nodiscard]] virtual bool compacting() const = 0;
  /// Bytes that were written into the state in use since it was opened.
  [[nodiscard]] virtual std::uint64_t bytes_written() const = 0;
  /// Bytes of the files on disk, asked of the file system now. Thread: any.
  [[nodiscard]] virtual std::uint64_t measure() const = 0;
  /// Rewrites the files so that what was deleted takes no space any more; reads and writes go on. Takes
  /// long; `go_on` is asked now and then whether to. Waits for the database's own thread: not for an Env that
  /// has none. Thread: any, one at a time.
  [[nodiscard]] virtual raft::Result<void> reclaim(const std::function<bool()>& go_on) = 0;
  /// An estimate of the live data, at most bytes_on_disk().
  [[nodiscard]] virtual std::uint64_t bytes_in_use() const = 0;
};

/// A Txn whose branches hold only ranges, evaluated on one view: no log entry needed (contract section 2.5).
/// Requires is_read_only(txn).
std::expected<TxnResult, ReadFault> read_txn(const ReadView& view, const TxnOp& txn);
/// True when both branches hold only ranges.
bool is_read_only(const TxnOp& txn);

}  // namespace kv
