#include "tests/sim/run/coverage.h"

namespace sim {

std::string_view name(Sometimes what) {
  switch (what) {
    case Sometimes::kLeaderChange:
      return "leader changes";
    case Sometimes::kLogTruncated:
      return "log truncations";
    case Sometimes::kCrash:
      return "crashes";
    case Sometimes::kCrashInDiskCall:
      return "crashes inside a disk call";
    case Sometimes::kCrashInRecovery:
      return "crashes during recovery";
    case Sometimes::kUnsyncedBytesLost:
      return "restarts with unsynced bytes lost or torn";
    case Sometimes::kStateRolledBack:
      return "states rolled back and applied again";
    case Sometimes::kDiskError:
      return "write errors";
    case Sometimes::kDiskFull:
      return "full disks";
    case Sometimes::kSyncLost:
      return "failed syncs that lost pages";
    case Sometimes::kReadError:
      return "read errors";
    case Sometimes::kMessageLost:
      return "messages lost";
    case Sometimes::kMessageDuplicated:
      return "messages duplicated";
    case Sometimes::kOldMessageReplayed:
      return "old messages replayed";
    case Sometimes::kAnswerEchoed:
      return "answers to an earlier reign delivered late";
    case Sometimes::kPartition:
      return "partitions";
    case Sometimes::kOneWayPartition:
      return "one-way partitions";
    case Sometimes::kPause:
      return "pauses";
    case Sometimes::kClockRate:
      return "clock rate changes";
    case Sometimes::kDiskStall:
      return "disk stalls";
    case Sometimes::kTransfer:
      return "leadership transfers asked";
    case Sometimes::kClientTimeout:
      return "client timeouts";
    case Sometimes::kUnknownWriteApplied:
      return "writes applied after their client gave up";
    case Sometimes::kVersionConflict:
      return "version conflicts";
    case Sometimes::kReadAtFollower:
      return "linearizable reads at followers";
    case Sometimes::kReadAcrossLeaderChange:
      return "reads across a leader change";
    case Sometimes::kStateCompacted:
      return "history compactions";
    case Sometimes::kLogCompacted:
      return "logs cut in front";
    case Sometimes::kSnapshotInstalled:
      return "snapshots installed";
    case Sometimes::kSnapshotInterrupted:
      return "snapshots interrupted by a crash";
    case Sometimes::kMemberAdded:
      return "members added";
    case Sometimes::kMemberRemoved:
      return "members removed";
    case Sometimes::kJointConfiguration:
      return "joint configurations";
    case Sometimes::kLeaderCrashInJoint:
      return "leader crashes inside a joint configuration";
    case Sometimes::kRemovedLeader:
      return "leaders removed";
    case Sometimes::kLeaseRenewed:
      return "leases kept alive";
    case Sometimes::kLeaseExpired:
      return "leases that ran out";
    case Sometimes::kLeaseToldAnew:
      return "leases told anew before they are kept alive";
    case Sometimes::kLeaseReads:
      return "seeds with lease reads";
    case Sometimes::kRetryToldFirst:
      return "retries told what the first attempt gave";
    case Sometimes::kSessionExpired:
      return "writes in sessions that had expired";
    case Sometimes::kAuthChanged:
      return "changes of users and roles";
    case Sometimes::kUserAllowed:
      return "writes of users with permission";
    case Sometimes::kUserDenied:
      return "writes without permission";
    case Sometimes::kUserOvertaken:
      return "writes that a change of users or roles overtook";
    case Sometimes::kCoreQuorumOnly:
      return "recoveries with a bare quorum";
    case Sometimes::kWatchResumed:
      return "watches that went on at another connection";
    case Sometimes::kWatchReadFromDisk:
      return "history read from disk for watches";
    case Sometimes::kWatchOvertaken:
      return "watches overtaken by compaction";
    case Sometimes::kCount:
      break;
  }
  return "?";
}

}  // namespace sim
