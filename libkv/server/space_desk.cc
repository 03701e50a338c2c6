#include "libkv/server/space_desk.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "libkv/machine/alarms.h"

namespace kv {
namespace {

/// How long rewriting the files waits for deletions that readers of the past hold up, and how often it looks.
constexpr std::chrono::milliseconds kCompactionWaitMax{60000};
constexpr std::chrono::milliseconds kCompactionLook{10};

}  // namespace

SpaceDesk::SpaceDesk(const SpaceDeskOptions& options, Office& office, Machine& machine)
    : quota_(options.quota_bytes),
      office_(office),
      machine_(machine),
      compaction_(options.auto_compaction, Clock::now()),
      space_(options.quota_bytes),
      housekeeper_({.look = [this](Clock::time_point now) { return look(now); },
                    .reclaim = [this](const std::function<bool()>& go_on) { reclaim_now(go_on); }}) {
  measure();
}

bool SpaceDesk::admits(const Operation& operation) const {
  return fits(quota_, bytes_on_disk(), cost_of(operation));
}

AlarmOp SpaceDesk::own_alarm() const {
  return {.alarm = {.member = office_.self(), .type = AlarmType::kNoSpace, .automatic = true}};
}

std::optional<Alarm> SpaceDesk::alarm() const {
  for (const Alarm& alarm : office_.alarms()) {
    if (alarm.member == office_.self() && alarm.type == AlarmType::kNoSpace) return alarm;
  }
  return std::nullopt;
}

void SpaceDesk::raise_alarm(WriteDone done) {
  office_.propose(own_alarm(), std::move(done));
}

void SpaceDesk::refuse(WriteDone done) {
  const RequestFailure refusal{ServerError::kNoSpace, Stage::kQueued};
  if (alarm()) return done(std::unexpected(refusal));
  raise_alarm([done = std::move(done), refusal](const auto&) { done(std::unexpected(refusal)); });
}

std::uint64_t SpaceDesk::bytes_on_disk() const {
  const auto written = static_cast<std::int64_t>(machine_.bytes_written());
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(1, bytes_before_.load(std::memory_order_relaxed) + written));
}

void SpaceDesk::measure() {
  const auto written = static_cast<std::int64_t>(machine_.bytes_written());
  const auto measured = static_cast<std::int64_t>(machine_.measure());
  bytes_before_.store(measured - written, std::memory_order_relaxed);
}

/// Whoever is told that there is more to do waits already when the last of it is done.
void SpaceDesk::await_compaction(CompactionDone done) {
  compaction_waits_.add(std::move(done));
  if (!machine_.compacting()) compaction_waits_.release();
}

bool SpaceDesk::look(Clock::time_point now) {
  measure();
  const ReadView view = machine_.view();
  const auto ignored = [](const auto&) {};
  const AutoCompaction::Look history{.now = now,
                                     .revision = view.revision(),
                                     .compacted = view.compacted_revision(),
                                     .leads = office_.leads()};
  if (const auto revision = compaction_.due(history)) office_.propose(CompactOp{*revision}, ignored);
  const std::optional<Alarm> raised = alarm();
  const SpaceWatch::Advice advice = space_.look({.now = now,
                                                 .bytes_on_disk = bytes_on_disk(),
                                                 .bytes_in_use = machine_.bytes_in_use(),
                                                 .revision = view.revision(),
                                                 .compacted = view.compacted_revision(),
                                                 .compacting = machine_.compacting(),
                                                 .alarmed = raised.has_value(),
                                                 .by_quota = raised && raised->automatic});
  if (office_.has_leader() && (advice.raise || advice.clear)) {
    AlarmOp op = own_alarm();
    op.deactivate = advice.clear;
    office_.propose(op, ignored);
  }
  return advice.reclaim;
}

/// What was compacted is deleted first: only then can its space come back.
void SpaceDesk::reclaim_now(const std::function<bool()>& go_on) {
  const auto until = Clock::now() + kCompactionWaitMax;
  while (machine_.compacting() && go_on() && Clock::now() < until) {
    std::this_thread::sleep_for(kCompactionLook);
  }
  // A fault of the disk latches, and the next write of the state tells it.
  static_cast<void>(machine_.reclaim(go_on));
}

}  // namespace kv
