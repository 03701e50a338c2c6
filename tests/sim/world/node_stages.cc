// The stages beside the raft stage: log writer, apply, snapshots. See libraft/node/log_writer.cc and
// libraft/node/applier.cc.
#include <algorithm>
#include <iterator>
#include <utility>

#include "libraft/base/check.h"
#include "libraft/node/log_writer.h"
#include "tests/sim/env/background.h"
#include "tests/sim/world/node.h"

namespace sim {
namespace {

constexpr Micros kBackgroundPause = 2 * kMillisecond;
constexpr Micros kStall = 2 * kSecond;

}  // namespace

/// Everything that queued goes into one write. The disk may have it early or late in the time that the write
/// takes.
void Node::begin_write() {
  if (writing_ || writes_.empty()) return;
  writing_ = true;
  Micros duration = dice_.long_tailed(around_.options.write_typical);
  if (around_.queue.now() < stalled_until_) duration += kStall + stalled_until_ - around_.queue.now();
  auto persists = std::make_shared<std::vector<raft::Persist>>(std::exchange(writes_, {}));
  const std::uint64_t sequence = persists->back().sequence;
  const bool early = dice_.percent(50);
  later(early ? 1 : duration, [this, persists, sequence, rest = early ? duration : 0] {
    if (!survives(write(*persists))) return;
    if (rest == 0) return end_write(sequence);
    later(rest, [this, sequence] { end_write(sequence); });
  });
}

void Node::end_write(std::uint64_t sequence) {
  writing_ = false;
  input_.persisted = sequence;
  wake();
  begin_write();
}

raft::Result<void> Node::write_batch(const raft::LogBatch& batch) {
  if (batch.empty()) return {};
  around_.raft.writing(self_, batch);
  RETURN_IF_ERROR(log_->append(batch));
  around_.raft.written(self_);
  run_background();
  return {};
}

raft::Result<void> Node::write(std::vector<raft::Persist>& persists) {
  raft::LogBatch batch;
  for (raft::Persist& persist : persists) {
    if (persist.base) {
      if (persist.hard_state) batch.hard_state = std::exchange(persist.hard_state, std::nullopt);
      RETURN_IF_ERROR(write_batch(std::exchange(batch, {})));
      around_.raft.truncating(self_, *persist.base);
      RETURN_IF_ERROR(log_->truncate_prefix(*persist.base));
      around_.raft.written(self_);
      around_.coverage.hit(Sometimes::kLogCompacted);
      run_background();
    }
    merge(batch, std::move(persist));
  }
  return write_batch(batch);
}

raft::Result<void> Node::apply(std::span<const raft::Entry> entries) {
  if (entries.empty()) return {};
  machine_->collect(hub_->demand());
  ASSIGN_OR_RETURN(const std::vector<kv::Applied> applied, machine_->apply(entries));
  around_.kv.applied(self_, entries, applied);
  tell_points();
  tell_watches();
  around_.trace.note(around_.queue.now(), "apply", self_.value(), entries.back().index.value(),
                     entries.size(), [&] { return "to " + std::to_string(entries.back().index.value()); });
  for (const kv::Applied& one : applied) {
    if (one.outcome.result && !one.repeated) take_lease_outcome(*one.outcome.result);
    if (one.origin == self_) events_.answered(self_, one);
  }
  const bool members_changed =
      std::ranges::any_of(
          entries, [](const raft::Entry& entry) { return entry.type == raft::EntryType::kConfiguration; }) ||
      std::ranges::any_of(applied, [](const kv::Applied& one) {
        return one.outcome.result && std::holds_alternative<kv::MembersResult>(*one.outcome.result);
      });
  if (members_changed) look_at_members();
  return {};
}

void Node::tell_points() {
  around_.kv.points(self_, machine_->points());
  const kv::StatePoint now = machine_->state_point();
  around_.kv.points(self_, {&now, 1});
}

raft::Result<std::unique_ptr<raft::SnapshotSource>> Node::open_snapshot() {
  return machine_->open_snapshot();
}

raft::Result<std::unique_ptr<raft::SnapshotSink>> Node::receive_snapshot(raft::Index last) {
  return machine_->receive_snapshot(last);
}

raft::Result<void> Node::install(std::unique_ptr<raft::SnapshotSink> received) {
  RETURN_IF_ERROR(machine_->install(std::move(received)));
  receiving_ = false;
  around_.coverage.hit(Sometimes::kSnapshotInstalled);
  around_.kv.stands(self_, machine_->applied(), machine_->view());
  tell_points();
  hub_->installed(machine_->view().revision(), machine_->view().compacted_revision());
  touch_watches();
  look_at_members();
  return {};
}

void Node::begin_apply() {
  if (applying_ || applies_.empty()) return;
  applying_ = true;
  later(dice_.long_tailed(around_.options.apply_typical), [this] { end_apply(); });
}

void Node::end_apply() {
  const auto done = apply_items(std::exchange(applies_, {}));
  if (!survives(done)) return;
  applying_ = false;
  serve_reads();
  wake();
  begin_apply();
  if (std::exchange(background_due_, true)) return;
  later(kBackgroundPause, [this] { work_in_background(); });
}

/// In order; entries that follow each other are applied together.
raft::Result<void> Node::apply_items(std::vector<ApplyItem> items) {
  std::vector<raft::Entry> entries;
  for (ApplyItem& item : items) {
    if (auto* batch = std::get_if<std::vector<raft::Entry>>(&item)) {
      entries.insert(entries.end(), std::make_move_iterator(batch->begin()),
                     std::make_move_iterator(batch->end()));
      continue;
    }
    if (auto* reads = std::get_if<raft::ReadyReads>(&item)) {
      waiting_reads_.push_back(std::move(*reads));
      continue;
    }
    RETURN_IF_ERROR(apply(std::exchange(entries, {})));
    RETURN_IF_ERROR(apply_item(item));
  }
  return apply(entries);
}

raft::Result<void> Node::apply_item(ApplyItem& item) {
  run_background();
  if (std::holds_alternative<SyncState>(item)) {
    RETURN_IF_ERROR(machine_->sync());
    input_.synced = machine_->applied().index;
    return {};
  }
  auto received = desk_->take_finished(std::get<InstallState>(item).transfer);
  RAFT_CHECK(received != nullptr);
  return install(std::move(received));
}

void Node::serve_reads() {
  const raft::Index done = machine_->applied().index;
  std::vector<raft::ReadyReads> ready;
  std::erase_if(waiting_reads_, [&](raft::ReadyReads& reads) {
    if (reads.index > done) return false;
    ready.push_back(std::move(reads));
    return true;
  });
  for (const raft::ReadyReads& reads : ready) reads_ready(reads.tickets);
}

void Node::work_in_background() {
  background_due_ = false;
  if (applying_) return;
  const auto more = machine_->compact_some();
  if (!more) {
    survives(raft::fail(more.error()));
    return;
  }
  if (!survives({}) || !*more) return;
  background_due_ = true;
  later(kBackgroundPause, [this] { work_in_background(); });
}

void Node::begin_job() {
  if (working_ || jobs_.empty()) return;
  working_ = true;
  later(dice_.long_tailed(around_.options.apply_typical), [this] { end_job(); });
}

void Node::end_job() {
  for (raft::SnapshotJob& job : std::exchange(jobs_, {})) {
    auto result = desk_->run(std::move(job));
    if (!survives({})) return;
    if (!result) continue;
    if (const auto* failed = std::get_if<raft::JobFailed>(&*result)) {
      const raft::ErrorCode code = failed->error.code;
      if (code == raft::ErrorCode::kIo || code == raft::ErrorCode::kNoSpace) {  // of its own disk: final
        survives(raft::fail(failed->error));
        return;
      }
      if (!failed->sending) receiving_ = false;
      around_.trace.note(around_.queue.now(), "job", self_.value(), failed->transfer, failed->sending,
                         [&] { return failed->error.text(); });
    }
    input_.snapshots.push_back(std::move(*result));
  }
  working_ = false;
  wake();
  begin_job();
}

}  // namespace sim
