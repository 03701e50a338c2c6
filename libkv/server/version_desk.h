// Who knows which commands, as far as they told; when the cluster may go over to newer ones.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "libkv/machine/command.h"
#include "libkv/server/version_note.h"

namespace kv {

/// How often a member tells. Who has not told for kToldFor counts as unknown: it may be coming back as an
/// older program, which tells nothing.
inline constexpr std::chrono::milliseconds kTellPause{1000};
inline constexpr std::chrono::milliseconds kToldFor{3500};

/// Thread: any.
class VersionDesk {
 public:
  using Time = std::chrono::steady_clock::time_point;

  VersionDesk(raft::NodeId self, std::uint32_t known) : self_(self), known_(known) {}

  void heard(Time now, raft::NodeId from, const VersionNote& note);

  /// What a leader is to propose: the lowest version that all members know, if that is above the cluster's.
  [[nodiscard]] std::optional<RaiseVersionOp> due(Time now, const std::vector<MemberInfo>& members,
                                                  std::uint32_t cluster) const;
  /// Which of the members do not know that version, or have not told: for people.
  [[nodiscard]] std::string lacking(Time now, const std::vector<MemberInfo>& members,
                                    std::uint32_t version) const;

 private:
  struct Told {
    std::uint32_t knows = 0;
    Time at;
  };

  /// 0: it has not told.
  [[nodiscard]] std::uint32_t known_by(Time now, raft::NodeId member) const;

  const raft::NodeId self_;
  const std::uint32_t known_;
  mutable std::mutex mutex_;  // guards what is below
  std::map<raft::NodeId, Told> told_;
};

}  // namespace kv
