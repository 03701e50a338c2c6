// Deliberate bugs, one at a time, to see whether the tests notice (tests/sim/README.md). Only in builds
// configured with KVD_MUTANTS; everywhere else RAFT_MUTANT is false and compiles to nothing.
#pragma once

#ifdef KVD_MUTANTS

namespace raft {

/// Each is explained where it is used and in tests/sim/run/mutants.cc.
enum class Mutant : unsigned {
  kNone,
  kVoteNotSynced,
  kAckBeforeSync,
  kCampaignNotSynced,
  kVoteTwice,
  kVoteForStaleLog,
  kCommitOldTerm,
  kCommitBeyondMajority,
  kCountUnsyncedLeader,
  kNoNoop,
  kReadWithoutRound,
  kReadBeforeFirstCommit,
  kReadRoundReused,
  kLeaseForever,
  kLeaseIgnoresPause,
  kLeaseInTransfer,
  kCommitBeyondMatch,
  kSkipLogMatching,
  kTruncateAlways,
  kKeepConflicts,
  kHeartbeatMatchUnsynced,
  kAcceptStaleTerm,
  kStaleReplyCounts,
  kOldWritesVouch,
  kLogNotSynced,
  kConflictLeavesEntries,
  kHardStateDropped,
  kTrimBeforeDurable,
  kGoOnAfterError,
  kTornTailKept,
  kAppliedIndexApart,
  kTxnIgnoresCompare,
  kApplyUnsynced,
  kOutboxUnordered,
  kReadServedEarly,
  kSnapshotConfigurationLost,
  kJointCountsOneHalf,
  kConfigurationBeforeNoop,
  kConfigurationNotRolledBack,
  kJointNeverLeft,
  kRemovedLeaderStays,
  kBaseNotPersisted,
  kLeaseExpiresInAnyTerm,
  kLeaseNotToldAnew,
  kLeaseBroughtBack,
  kLeaseForgetsRenewal,
  kSessionNotKept,
  kSessionForgottenInSnapshot,
  kSessionHorizonIgnored,
  kPutLooksAtDisk,
  kWatchSkipsAtCatchUp,
  kWatchTellsTwice,
  kWatchSplitsRevision,
  kWatchProgressEarly,
  kWatchCompactedNotTold,
  kNestedTxnUnchecked,
  kPrevKvUnchecked,
  kRangeEndUnchecked,
  kAuthRevisionIgnored,
  kAuthRefusalKept,
  kAuthRowsNotWritten,
  kAuthForgottenInSnapshot,
  kCount,
};

/// The one that is switched on. Set before anything runs.
inline Mutant active_mutant = Mutant::kNone;

}  // namespace raft

#define RAFT_MUTANT(name) (::raft::active_mutant == ::raft::Mutant::name)

#else

#define RAFT_MUTANT(name) false

#endif
