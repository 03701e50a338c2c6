// A request's way through one member: check, propose, wait, answer. Deadlines and queues; no state of the
// store.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "libkv/auth/principal.h"
#include "libkv/machine/machine.h"
#include "libkv/machine/outcome.h"
#include "libkv/session/session.h"
#include "libkv/watch/watches.h"
#include "libraft/core/types.h"

namespace kv {

/// Why a request got no outcome. A closed set; api/errors maps each to etcd's code and text (contract
/// sections 2.7, 5).
enum class ServerError : std::uint8_t {
  kTimeout,                ///< request_timeout passed; a write may or may not have been applied
  kTimeoutLeaderFailure,   ///< the same, and the leader changed meanwhile
  kTimeoutConnectionLost,  ///< the same, and no quorum of peers is connected
  kLeaderChanged,          ///< a read was interrupted by a change of leader
  kNoLeader,
  kStopped,           ///< this member is shutting down
  kTooManyRequests,   ///< the queue or the backlog of committed entries is full; not applied
  kNoSpace,           ///< it does not fit the quota; not proposed, and the alarm is on now
  kTooLarge,          ///< the encoded command is over request_bytes_max; not applied
  kUnhealthy,         ///< too few active members to change who votes; not proposed
  kNotEnoughStarted,  ///< too few members that have started would decide; not proposed
  kLearnerNotReady,   ///< the learner to promote is too far behind the leader; not proposed
  kNotLeader,         ///< only the leader can hand leadership over
  kBadTransferee,     ///< leadership cannot go to one that is no voting member
  kTransferTimeout,   ///< the other one did not take leadership in time
  kCorrupt,           ///< this member's state is not the one that a majority has; nothing is served from it
  kNotCapable,        ///< not every member knows this command; not proposed
  kNoPasswordUser,    ///< a password was given for a user who has none
  kUnknownToken,      ///< nobody has that token, or not any more
  kNoRandomNumbers,   ///< the system gives none
};

/// How far a request that failed had come.
enum class Stage : std::uint8_t { kQueued, kProposed };

struct RequestFailure {
  ServerError error;
  Stage stage = Stage::kQueued;  ///< kQueued: certainly not applied. kProposed: it may still be applied
  std::string detail = {};       ///< more for people, if there is more to say

  bool operator==(const RequestFailure&) const = default;
};

/// How long a lease goes on. Seconds.
struct LeaseAnswer {
  std::int64_t ttl = 0;
  std::int64_t granted = 0;

  bool operator==(const LeaseAnswer&) const = default;
};
using LeaseDone = std::function<void(std::expected<LeaseAnswer, ServerError>)>;

/// Since this member started.
struct LeaseCounts {
  std::uint64_t granted = 0;
  std::uint64_t revoked = 0;  ///< those that expired included
  std::uint64_t renewed = 0;  ///< by this member, while it led
  std::uint64_t expired = 0;  ///< while it led
};

/// How a write is made, beside what it does.
struct WriteOptions {
  /// Set, for an operation that is_repeatable: the outcome is that of its first attempt in the session,
  /// wherever and whenever that was made. Only the log decides what the quota allows.
  std::optional<SessionTag> session = std::nullopt;
  /// Who asks: the log decides whether they may. Nobody: a client while authentication is off, or this
  /// member.
  std::optional<Principal> principal = std::nullopt;
};

struct Credentials {
  std::string user;
  std::string password;
  std::string client;  ///< where they come from: for the log
};

/// Why somebody was not authenticated: the cluster's own reason, or that it could not be asked.
using AuthRefusal = std::variant<KvError, RequestFailure>;
/// Gets the token.
using AuthenticateDone = std::function<void(std::expected<std::string, AuthRefusal>)>;
using HashDone = std::function<void(std::expected<std::string, ServerError>)>;
using PrincipalDone = std::function<void(std::optional<Principal>)>;

/// Since this member started.
struct AuthCounts {
  std::uint64_t failures = 0;  ///< wrong passwords and users, guesses that were too many, tokens nobody has
  std::uint64_t tokens = 0;    ///< valid now
};

using WriteDone = std::function<void(std::expected<Outcome, RequestFailure>)>;
using CompactionDone = std::function<void(std::expected<void, ServerError>)>;
using TransferDone = std::function<void(std::expected<void, ServerError>)>;
using ReadDone = std::function<void(std::expected<ReadView, RequestFailure>)>;

/// What this member knows of itself and the cluster; local, never waits.
struct ServerStatus {
  std::uint64_t cluster_id = 0;
  raft::NodeId member;
  std::optional<raft::NodeId> leader;
  raft::Term term;
  raft::Index commit;
  raft::Index applied;
  bool learner = false;
  std::uint32_t command_version = 0;  ///< the cluster's (libkv/machine/command_version.h)
  bool odd = false;                   ///< this member's state is known to be wrong
  raft::Index agreed;  ///< the last entry behind which a majority was seen to have this member's state
  std::uint64_t leader_changes = 0;
  std::uint64_t proposals_pending = 0;
  std::uint64_t proposals_committed = 0;
  std::uint64_t proposals_applied = 0;
  std::uint64_t proposals_failed = 0;
};

/// Who answers, for the header of every response (contract section 1.0.2).
struct Origin {
  std::uint64_t cluster_id = 0;
  raft::NodeId member;
  raft::Term term;
};

/// What the API's services need of a member. Thread: every method from any thread; callbacks run on the apply
/// or the timer thread, must not block, and usually post to the call's connection.
class KvServer {
 public:
  virtual ~KvServer() = default;

  /// Replicates `operation` and gives its outcome once it is applied here.
  virtual void write(Operation operation, WriteDone done, const WriteOptions& options = {}) = 0;
  /// The same for a change of members, after the checks that etcd makes before it proposes one (contract
  /// section 7.4).
  virtual void change_members(Operation operation, WriteDone done, const WriteOptions& options = {}) = 0;
  /// Hands leadership to `target`; done when this member knows that `target` leads.
  virtual void move_leader(raft::NodeId target, TransferDone done) = 0;
  /// Gives a view that contains every write acknowledged anywhere before this call (ReadIndex, Raft section
  /// 8).
  virtual void read(ReadDone done) = 0;
  /// Lets a lease begin anew; the answer's ttl is 0 when there is none. Carried to the leader.
  virtual void keep_alive(std::int64_t lease, LeaseDone done) = 0;
  /// What is left of a lease, from the leader; ttl -1 when there is none.
  virtual void time_to_live(std::int64_t lease, LeaseDone done) = 0;
  /// The leases that this member knows of; while it leads, in the order in which they end.
  [[nodiscard]] virtual std::vector<std::int64_t> lease_ids() const = 0;
  /// The leases that this member knows of and what hangs on them, to be read().
  [[nodiscard]] virtual const Leases& leases() const = 0;
  /// The shortest one that may be granted, in seconds (contract section 4).
  [[nodiscard]] virtual std::int64_t lease_ttl_min() const = 0;
  [[nodiscard]] virtual LeaseCounts lease_counts() const = 0;
  /// Cheap: one load. Whether authentication is on, as far as this member has applied.
  [[nodiscard]] virtual bool auth_enabled() const = 0;
  /// Users and roles as this member has them. Shared with the machine and its readers.
  [[nodiscard]] virtual std::shared_ptr<const AuthTable> auth() const = 0;
  /// The auth revision that whoever is recognised now is known under.
  [[nodiscard]] virtual std::uint64_t auth_revision() const = 0;
  /// Looks at a password and gives a token that every member knows: linearizable, some 50 ms. Refusals:
  /// kAuthNotEnabled, kAuthFailed, kNoPasswordUser; kTooManyRequests also after too many failures of the
  /// user.
  virtual void authenticate(Credentials credentials, AuthenticateDone done) = 0;
  /// What is kept of a password. Requires is_hashable (libkv/server/passwords.h).
  virtual void hash_password(std::string password, HashDone done) = 0;
  /// Whose token it is, as far as this member has applied; its time begins anew. Cheap.
  [[nodiscard]] virtual std::optional<Principal> principal_of(std::string_view token) = 0;
  /// The same once this member has applied what made the token valid, at most request_timeout from now;
  /// nothing for a token that nobody has.
  virtual void await_principal(std::string_view token, std::string_view client, PrincipalDone done) = 0;
  [[nodiscard]] virtual AuthCounts auth_counts() const = 0;
  /// What is told of every change that this member applies.
  [[nodiscard]] virtual Watches& watches() = 0;
  /// The newest local view: serializable reads.
  [[nodiscard]] virtual ReadView local_view() const = 0;

  /// The state of this member as it is now, to be read while it goes on; drop it soon.
  [[nodiscard]] virtual raft::Result<std::unique_ptr<raft::SnapshotSource>> open_snapshot() const = 0;

  /// Cheap: on every response.
  [[nodiscard]] virtual Origin origin() const = 0;
  /// Cheap: whether this member knows a leader.
  [[nodiscard]] virtual bool has_leader() const = 0;
  [[nodiscard]] virtual bool is_learner() const = 0;
  /// Cheap: this member's state is known not to be that of the others; its local_view() must not be shown.
  [[nodiscard]] virtual bool is_odd() const = 0;
  [[nodiscard]] virtual ServerStatus status() const = 0;
  [[nodiscard]] virtual std::vector<MemberInfo> members() const = 0;
  /// Those that are raised anywhere. Cheap.
  [[nodiscard]] virtual std::vector<Alarm> alarms() const = 0;
  /// `done` when every record is deleted here that compaction made unreadable before this call.
  virtual void await_compaction(CompactionDone done) = 0;
  /// Gives back to the file system what was deleted, while everything else goes on; `done` when that is so.
  virtual void reclaim(std::function<void()> done) = 0;
  [[nodiscard]] virtual std::uint64_t bytes_on_disk() const = 0;
  [[nodiscard]] virtual std::uint64_t bytes_in_use() const = 0;
};

}  // namespace kv
