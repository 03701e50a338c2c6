#include "tests/sim/run/mutants.h"

#include <cstdio>
#include <string>
#include <string_view>

#include "libraft/base/mutant.h"
#include "tests/sim/run/runner.h"

namespace sim {

#ifdef KVD_MUTANTS

namespace {

using raft::Mutant;

struct Described {
  Mutant mutant;
  std::string_view name;
  std::string_view bug;
};

/// Bn: the row of the catalogue of real bugs that it is like.
constexpr Described kMutants[] = {
    {Mutant::kVoteNotSynced, "vote-not-synced", "a vote leaves before it is on disk (B3)"},
    {Mutant::kAckBeforeSync, "ack-before-sync", "entries are acknowledged before they are on disk (B53)"},
    {Mutant::kCampaignNotSynced, "campaign-not-synced", "a candidate's own vote is not on disk first (B3)"},
    {Mutant::kVoteTwice, "vote-twice", "a second vote in one term (B2)"},
    {Mutant::kVoteForStaleLog, "vote-for-stale-log", "votes without comparing logs (5.4.1)"},
    {Mutant::kCommitOldTerm, "commit-old-term", "entries of earlier terms are committed by counting (B1)"},
    {Mutant::kCommitBeyondMajority, "commit-beyond-majority", "what is on the leader's disk is committed"},
    {Mutant::kCountUnsyncedLeader, "count-unsynced-leader", "the leader counts itself before its disk (B52)"},
    {Mutant::kNoNoop, "no-noop", "a new leader begins without an entry of its term (B29)"},
    {Mutant::kReadWithoutRound, "read-without-round", "a leader reads without asking a quorum (B30)"},
    {Mutant::kReadBeforeFirstCommit, "read-before-first-commit",
     "reads before the term's first commit (B29)"},
    {Mutant::kReadRoundReused, "read-round-reused", "answers to an earlier round confirm a read (B30)"},
    {Mutant::kLeaseForever, "lease-forever", "a lease that never ends (B32)"},
    {Mutant::kLeaseIgnoresPause, "lease-ignores-pause", "a lease that outlives a pause (B32)"},
    {Mutant::kLeaseInTransfer, "lease-in-transfer", "a lease that survives a transfer (B32)"},
    {Mutant::kCommitBeyondMatch, "commit-beyond-match", "a follower commits what it did not compare (B19)"},
    {Mutant::kSkipLogMatching, "skip-log-matching", "entries behind another entry than the leader's (5.3)"},
    {Mutant::kTruncateAlways, "truncate-always", "an old append cuts what followed it (B19)"},
    {Mutant::kKeepConflicts, "keep-conflicts", "entries in conflict with the leader's stay (5.3)"},
    {Mutant::kHeartbeatMatchUnsynced, "heartbeat-match-unsynced",
     "a heartbeat's answer claims unsynced entries"},
    {Mutant::kAcceptStaleTerm, "accept-stale-term", "entries of a leader of an earlier term are taken"},
    {Mutant::kStaleReplyCounts, "stale-reply-counts", "answers of an earlier term count (B20)"},
    {Mutant::kOldWritesVouch, "old-writes-vouch", "a write vouches for entries replaced meanwhile (B21)"},
    {Mutant::kLogNotSynced, "log-not-synced", "the log is written without sync (B53)"},
    {Mutant::kConflictLeavesEntries, "conflict-leaves-entries",
     "a shorter suffix leaves old entries behind (B55)"},
    {Mutant::kHardStateDropped, "hard-state-dropped", "term and vote are lost when entries come along (B3)"},
    {Mutant::kTrimBeforeDurable, "trim-before-durable", "the log is cut before the state is on disk (B56)"},
    {Mutant::kGoOnAfterError, "go-on-after-error", "a disk error is not final (B57)"},
    {Mutant::kTornTailKept, "torn-tail-kept", "a torn tail is not cut before LevelDB opens (B59)"},
    {Mutant::kAppliedIndexApart, "applied-index-apart", "applied index in a batch of its own (B50)"},
    {Mutant::kTxnIgnoresCompare, "txn-ignores-compare", "every condition of a transaction holds"},
    {Mutant::kLeaseExpiresInAnyTerm, "lease-expires-in-any-term",
     "an expiry that a leader before decided still counts"},
    {Mutant::kLeaseNotToldAnew, "lease-not-told-anew",
     "a lease is kept alive while the others believe that less is left"},
    {Mutant::kLeaseBroughtBack, "lease-brought-back", "a lease is kept alive whose end was proposed"},
    {Mutant::kLeaseForgetsRenewal, "lease-forgets-renewal", "a lease is not moved by being kept alive"},
    {Mutant::kSessionNotKept, "session-not-kept", "the result of a session's write is not kept"},
    {Mutant::kSessionForgottenInSnapshot, "session-forgotten-in-snapshot",
     "kept results do not travel with the state"},
    {Mutant::kSessionHorizonIgnored, "session-horizon-ignored",
     "a session that was dropped comes back as a new one"},
    {Mutant::kPutLooksAtDisk, "put-looks-at-disk",
     "a put stores something else while this member deletes compacted records"},
    {Mutant::kWatchSkipsAtCatchUp, "watch-skips-at-catch-up", "a watch misses what comes behind its history"},
    {Mutant::kWatchTellsTwice, "watch-tells-twice", "a watch that goes on is told its last revision again"},
    {Mutant::kWatchSplitsRevision, "watch-splits-revision", "a revision comes in two responses"},
    {Mutant::kWatchProgressEarly, "watch-progress-early", "progress overtakes events"},
    {Mutant::kWatchCompactedNotTold, "watch-compacted-not-told",
     "a watch goes on behind what was compacted, and says nothing"},
    {Mutant::kNestedTxnUnchecked, "nested-txn-unchecked",
     "a transaction inside another needs no permission (B100)"},
    {Mutant::kPrevKvUnchecked, "prev-kv-unchecked",
     "what was there before is told without permission (B100)"},
    {Mutant::kRangeEndUnchecked, "range-end-unchecked",
     "a range needs permission for its first key only (B100)"},
    {Mutant::kAuthRevisionIgnored, "auth-revision-ignored",
     "a write counts that a change of users or roles overtook"},
    {Mutant::kAuthRefusalKept, "auth-refusal-kept", "a session keeps that its user was refused"},
    {Mutant::kAuthRowsNotWritten, "auth-rows-not-written",
     "changes of users and roles last until the restart (B74)"},
    {Mutant::kAuthForgottenInSnapshot, "auth-forgotten-in-snapshot",
     "users do not travel with the state (B74)"},
    {Mutant::kApplyUnsynced, "apply-unsynced", "applied before the member's own disk has it (B52)"},
    {Mutant::kOutboxUnordered, "outbox-unordered", "any finished write releases every message (B21)"},
    {Mutant::kReadServedEarly, "read-served-early", "a read does not wait until its index is applied (B33)"},
    {Mutant::kSnapshotConfigurationLost, "snapshot-configuration-lost",
     "a snapshot's membership is ignored (B45)"},
    {Mutant::kJointCountsOneHalf, "joint-counts-one-half", "a joint decision asks the new voters only (B35)"},
    {Mutant::kConfigurationBeforeNoop, "configuration-before-noop",
     "a change before the term's first commit (B35)"},
    {Mutant::kConfigurationNotRolledBack, "configuration-not-rolled-back",
     "a truncated change stays in force (B44)"},
    {Mutant::kJointNeverLeft, "joint-never-left", "nobody leaves the joint configuration (B46)"},
    {Mutant::kRemovedLeaderStays, "removed-leader-stays", "a removed leader goes on (B47)"},
    {Mutant::kBaseNotPersisted, "base-not-persisted", "the log forgets that a state took its place (B54)"},
};

}  // namespace

bool run_mutants(std::uint64_t seeds_max, unsigned jobs) {
  bool all = true;
  std::printf("| mutant | bug | seeds |\n|---|---|---|\n");
  for (const Described& one : kMutants) {
    raft::active_mutant = one.mutant;
    RunOptions options{.seeds = seeds_max, .jobs = jobs, .twice_every = 0, .quiet = true};
    const RunResult result = run_seeds(options);
    raft::active_mutant = Mutant::kNone;
    all = all && result.failed_seed.has_value();
    const std::string seeds = result.failed_seed ? std::to_string(*result.failed_seed) : "not caught";
    std::printf("| %s | %s | %s |\n", std::string(one.name).c_str(), std::string(one.bug).c_str(),
                seeds.c_str());
    std::fflush(stdout);
  }
  return all;
}

#else

bool run_mutants(std::uint64_t /*seeds_max*/, unsigned /*jobs*/) {
  std::fprintf(stderr, "sim: --mutants needs a build with -DKVD_MUTANTS=ON\n");
  return false;
}

#endif

}  // namespace sim
