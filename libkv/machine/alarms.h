// The table of alarms: part of the replicated state, and what it forbids.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libkv/machine/alarm.h"
#include "libkv/machine/command.h"
#include "libkv/mvcc/range.h"
#include "libraft/base/result.h"

namespace kv {

/// Changed by commands: the same on every member. A value: copies are what readers get. Thread: none of its
/// own.
class AlarmTable {
 public:
  using Row = std::pair<std::string, std::string>;

  static raft::Result<AlarmTable> from_rows(const std::vector<Row>& rows);

  /// Raises an alarm. Gives it as it stands in the table: the one before when it was raised already.
  Alarm activate(const Alarm& alarm);
  /// The alarm that was there and is not any more; nothing when there was none. With `automatic_only`, one
  /// that was raised by hand stays.
  std::optional<Alarm> deactivate(raft::NodeId member, AlarmType type, bool automatic_only);

  /// Whether the alarms forbid this (contract section 6.3).
  [[nodiscard]] std::optional<KvError> refusal(const Operation& operation) const;

  /// Sorted by type, then by member.
  [[nodiscard]] std::vector<Alarm> list() const;
  [[nodiscard]] bool any(AlarmType type) const;

  /// The row of an alarm.
  static Row row(const Alarm& alarm);
  static std::string row_key(raft::NodeId member, AlarmType type);

 private:
  std::map<std::pair<AlarmType, raft::NodeId>, Alarm> alarms_;
};

/// What a write counts against the quota, in bytes; 0 for what does not make the state grow. As etcd counts.
std::uint64_t cost_of(const Operation& operation);

}  // namespace kv
