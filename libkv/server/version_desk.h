// Who knows which commands, as far as they told; when the cluster may go over to newer ones.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libkv/machine/command.h"
#include "libkv/server/desk.h"
#include "libkv/server/office.h"
#include "libkv/server/version_note.h"

namespace kv {

/// How often a member tells; and at once when another leads than before. Who has not told for kToldFor counts
/// as unknown: it may be coming back as an older program, which tells nothing.
inline constexpr std::chrono::milliseconds kTellPause{1000};
inline constexpr std::chrono::milliseconds kToldFor{3500};

/// Thread: any.
class VersionDesk final : public Desk {
 public:
  using Time = Clock::time_point;

  /// `known`: the newest version that this program knows. `cluster`: the cluster's, as applied.
  VersionDesk(std::uint32_t known, Office& office, std::function<std::uint32_t()> cluster)
      : known_(known), office_(office), cluster_(std::move(cluster)) {}

  // Desk
  void applied(AppliedBatch& batch) override;
  void received(raft::NodeId from, const Note& note) override;
  void status_changed(const raft::CoreStatus& status) override;
  void ticked(Time now) override;

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

  const std::uint32_t known_;
  Office& office_;
  const std::function<std::uint32_t()> cluster_;
  std::optional<raft::NodeId> leader_;  // of status_changed()
  Time told_at_;                        // of ticked()
  Time proposed_at_;                    // of ticked()
  std::atomic<bool> tell_ = false;      // at the next tick
  std::atomic<bool> look_ = false;      // likewise, as a leader
  mutable std::mutex mutex_;            // guards what is below
  std::map<raft::NodeId, Told> told_;
};

}  // namespace kv
