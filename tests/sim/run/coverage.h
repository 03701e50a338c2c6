// Counts of the rare things: a run over many seeds in which one of them never happened proves too little.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sim {

enum class Sometimes : std::uint8_t {
  kLeaderChange,
  kLogTruncated,
  kCrash,
  kCrashInDiskCall,
  kCrashInRecovery,
  kUnsyncedBytesLost,
  kStateRolledBack,
  kDiskError,
  kDiskFull,
  kSyncLost,
  kReadError,
  kMessageLost,
  kMessageDuplicated,
  kOldMessageReplayed,
  kAnswerEchoed,
  kPartition,
  kOneWayPartition,
  kPause,
  kClockRate,
  kDiskStall,
  kTransfer,
  kClientTimeout,
  kUnknownWriteApplied,
  kVersionConflict,
  kReadAtFollower,
  kReadAcrossLeaderChange,
  kStateCompacted,
  kLogCompacted,
  kSnapshotInstalled,
  kSnapshotInterrupted,
  kMemberAdded,
  kMemberRemoved,
  kJointConfiguration,
  kLeaderCrashInJoint,
  kRemovedLeader,
  kLeaseRenewed,
  kLeaseExpired,
  kLeaseToldAnew,
  kLeaseReads,
  kRetryToldFirst,
  kSessionExpired,
  kAuthChanged,
  kUserAllowed,
  kUserDenied,
  kUserOvertaken,
  kCoreQuorumOnly,
  kWatchResumed,
  kWatchReadFromDisk,
  kWatchOvertaken,
  kCount,
};

inline constexpr std::size_t kSometimes = static_cast<std::size_t>(Sometimes::kCount);

std::string_view name(Sometimes what);

/// Totals of one seed or of many.
struct Coverage {
  std::array<std::uint64_t, kSometimes> counts{};
  std::uint64_t seeds = 0;
  std::uint64_t events = 0;
  std::uint64_t operations = 0;
  std::uint64_t entries = 0;
  std::uint64_t virtual_micros = 0;

  void hit(Sometimes what) { ++counts[static_cast<std::size_t>(what)]; }
  [[nodiscard]] std::uint64_t of(Sometimes what) const { return counts[static_cast<std::size_t>(what)]; }
  void add(const Coverage& other) {
    for (std::size_t i = 0; i < kSometimes; ++i) counts[i] += other.counts[i];
    seeds += other.seeds;
    events += other.events;
    operations += other.operations;
    entries += other.entries;
    virtual_micros += other.virtual_micros;
  }
};

}  // namespace sim
