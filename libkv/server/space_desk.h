// The member's space: what its state takes on disk, what its quota admits, what is compacted and given back.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

#include "libkv/machine/machine.h"
#include "libkv/server/auto_compaction.h"
#include "libkv/server/compaction_waits.h"
#include "libkv/server/desk.h"
#include "libkv/server/housekeeper.h"
#include "libkv/server/office.h"
#include "libkv/server/space.h"

namespace kv {

struct SpaceDeskOptions {
  std::optional<std::uint64_t> quota_bytes;
  AutoCompactionOptions auto_compaction;
};

/// Thread: any.
class SpaceDesk final : public Desk {
 public:
  /// Owns neither.
  SpaceDesk(const SpaceDeskOptions& options, Office& office, Machine& machine);

  /// Starts the housekeeper's thread, when the member has started.
  void start() { housekeeper_.start(); }

  [[nodiscard]] bool admits(const Operation& operation) const;
  /// This member's NOSPACE alarm, when it is on.
  [[nodiscard]] std::optional<Alarm> alarm() const;
  /// `done` when the alarm is on, or could not be raised.
  void raise_alarm(WriteDone done);
  /// Answers a write that does not fit. As in etcd the answer comes when the alarm is on.
  void refuse(WriteDone done);

  /// As KvServer has them.
  [[nodiscard]] std::uint64_t bytes_on_disk() const;
  void await_compaction(CompactionDone done);
  void reclaim(std::function<void()> done) { housekeeper_.reclaim(std::move(done)); }
  /// Nothing is left that compaction made unreadable.
  void all_deleted() { compaction_waits_.release(); }

  // Desk
  void installed() override { measure(); }
  void closed() override { compaction_waits_.stop(); }
  void stopped() override { housekeeper_.stop(); }

 private:
  [[nodiscard]] AlarmOp own_alarm() const;
  void measure();
  // On the housekeeper's thread.
  bool look(Clock::time_point now);
  void reclaim_now(const std::function<bool()>& go_on);

  const std::optional<std::uint64_t> quota_;
  Office& office_;
  Machine& machine_;
  /// What the files hold beside what was written since the state was opened: their measure without asking.
  std::atomic<std::int64_t> bytes_before_ = 0;
  AutoCompaction compaction_;  // the housekeeper's
  SpaceWatch space_;           // the housekeeper's
  CompactionWaits compaction_waits_;
  Housekeeper housekeeper_;  // last: its thread uses everything above
};

}  // namespace kv
