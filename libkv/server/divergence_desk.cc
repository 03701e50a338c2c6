#include "libkv/server/divergence_desk.h"

#include <algorithm>
#include <utility>

#include "libkv/server/point_note.h"
#include "libraft/core/describe.h"

namespace kv {
namespace {

/// Between proposals, so that one that waits for a leader is not joined by many.
constexpr std::chrono::seconds kAlarmPause{2};

std::string hash_text(std::uint64_t hash) {
  return raft::describe(raft::NodeId(hash));
}

std::string names(const std::vector<raft::NodeId>& members) {
  std::string text;
  for (const raft::NodeId id : members) text += (text.empty() ? "" : ",") + raft::describe(id);
  return text;
}

std::string fields(const Comparison& found) {
  return " entry=" + std::to_string(found.index.value()) + " own_hash=" + hash_text(found.own) +
         " other_hash=" + hash_text(found.theirs) + " others=" + names(found.others);
}

}  // namespace

void DivergenceDesk::applied(AppliedBatch& batch) {
  if (batch.points.empty()) return;
  const std::lock_guard lock(mutex_);
  for (const StatePoint& point : batch.points) comparison_.own(point);
}

void DivergenceDesk::installed() {
  const std::lock_guard lock(mutex_);
  comparison_.forget_own();
  ++life_;
}

void DivergenceDesk::received(raft::NodeId from, const Note& received) {
  auto note = decode_point_note(received);
  if (!note) return;
  // Of a member with another program: its states are hashed in another way, and say nothing of this one.
  if (note->hash_version != parts_.hash_version) note->points.clear();
  const std::lock_guard lock(mutex_);
  if (comparison_.heard(from, note->life, note->points)) asked_.store(true, std::memory_order_relaxed);
}

bool DivergenceDesk::due(Clock::time_point now) {
  if (!began_at_) began_at_ = now;
  const bool first = agreed().value() == 0 && !odd() && now - *began_at_ < kFirstCompareFor;
  if (now - compared_at_ < kFirstComparePause) return false;
  return asked_.exchange(false, std::memory_order_relaxed) || first || now - compared_at_ >= kComparePause;
}

void DivergenceDesk::ticked(Clock::time_point now) {
  if (!due(now)) return;
  compared_at_ = now;
  const std::vector<MemberInfo> members = office_.members();
  PointNote note;
  Comparison found;
  {
    const std::lock_guard lock(mutex_);
    comparison_.forget_all_but(members);
    comparison_.own(parts_.state());
    note = {.life = life_, .points = comparison_.to_tell(), .hash_version = parts_.hash_version};
    found = comparison_.compare(members);
  }
  const std::string body = encode_point_note(note);
  for (const MemberInfo& member : members) {
    if (member.id != office_.self()) office_.send(member.id, {.kind = NoteKind::kPoints, .body = body});
  }
  if (!odd()) act(now, found);
}

void DivergenceDesk::act(Clock::time_point now, const Comparison& found) {
  if (found.result != Comparison::Result::kSplit) split_since_.reset();
  switch (found.result) {
    case Comparison::Result::kUnknown:
      return;
    case Comparison::Result::kAgrees:
      agreed_.store(found.index.value(), std::memory_order_relaxed);
      return withdraw_alarm(now);
    case Comparison::Result::kOdd:
      return report_odd(found);
    case Comparison::Result::kSplit:
      return report_split(now, found);
  }
}

std::optional<Alarm> DivergenceDesk::alarm_of(raft::NodeId member) const {
  for (const Alarm& alarm : office_.alarms()) {
    if (alarm.member == member && alarm.type == AlarmType::kCorrupt) return alarm;
  }
  return std::nullopt;
}

/// Its own, when it was raised by such a comparison: what an operator raised, an operator takes back.
void DivergenceDesk::withdraw_alarm(Clock::time_point now) {
  const auto alarm = alarm_of(office_.self());
  if (!alarm || !alarm->automatic || !office_.has_leader() || (next_move_ && now < *next_move_)) return;
  next_move_ = now + kAlarmPause;
  office_.log(raft::LogLevel::kInfo, "event=state-agrees entry=" + std::to_string(agreed().value()) +
                                         " alarm=CORRUPT action=disarm");
  office_.propose(AlarmOp{.deactivate = true, .alarm = *alarm}, [](const auto&) {});
}

void DivergenceDesk::report_odd(const Comparison& found) {
  odd_.store(true, std::memory_order_relaxed);
  office_.log(raft::LogLevel::kError,
              "event=state-diverged" + fields(found) +
                  " action=\"this member serves nothing more from its state, raises the alarm "
                  "CORRUPT and needs the state of another member\"");
  const Alarm alarm{.member = office_.self(), .type = AlarmType::kCorrupt, .automatic = true};
  office_.propose(AlarmOp{.alarm = alarm}, [this, found](const auto&) {
    if (!parts_.diverged) return;
    parts_.diverged(
        {.index = found.index, .own = found.own, .theirs = found.theirs, .majority = found.others});
  });
}

/// Nobody can say which one is right: people must.
void DivergenceDesk::report_split(Clock::time_point now, const Comparison& found) {
  if (!office_.leads()) return split_since_.reset();
  if (!split_since_) split_since_ = now;
  if (now - *split_since_ < kSplitPatience || (next_move_ && now < *next_move_)) return;
  for (const raft::NodeId other : found.others) {
    if (alarm_of(other)) continue;
    next_move_ = now + kAlarmPause;
    office_.log(
        raft::LogLevel::kError,
        "event=states-differ" + fields(found) + " action=\"alarm CORRUPT for " + raft::describe(other) +
            "; no state is that of a majority: find out which is right, and replace the other member\"");
    const Alarm alarm{.member = other, .type = AlarmType::kCorrupt, .automatic = true};
    office_.propose(AlarmOp{.alarm = alarm}, [](const auto&) {});
  }
}

}  // namespace kv
