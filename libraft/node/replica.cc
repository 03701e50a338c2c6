#include "libraft/node/replica.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "libraft/base/check.h"
#include "libraft/core/handlers.h"

namespace raft {

namespace {

/// The state machine's configuration, then what the log holds behind it.
std::vector<Configuration> known_configurations(const Configuration& applied, const LogState& log) {
  std::vector<Configuration> known = {applied};
  for (const Configuration& one : log.configurations) {
    if (one.index > applied.index) known.push_back(one);
  }
  return known;
}

Error not_of_one_time(const SnapshotInfo& state, const LogState& log) {
  return {ErrorCode::kCorruption, "data directory",
          "the state has applied index " + std::to_string(state.last.index.value()) + " but the log holds " +
              std::to_string(log.base.index.value() + 1) + " to " + std::to_string(log.last.value()) +
              "; wal and snap are not of one time"};
}

}  // namespace

Result<Replica> Replica::create(const ReplicaOptions& options, const LogStore& log,
                                const SnapshotInfo& state) {
  const LogState& found = log.opened();
  for (const std::string& fault : options.core.faults())
    return fail(ErrorCode::kInvalidArgument, "raft options", fault);
  if (state.last.index < found.base.index || state.last.index > found.last) {
    return fail(not_of_one_time(state, found));
  }
  CoreStart start{.self = options.self,
                  .options = options.core,
                  .configurations = known_configurations(state.configuration, found),
                  .hard_state = found.hard_state,
                  .log = LogView(found.base, found.last, found.runs),
                  .applied = state.last.index,
                  .seed = options.seed};
  if (!start.log.matches(state.last)) {
    return fail(ErrorCode::kCorruption, "data directory",
                "the state was made by another entry at index " + std::to_string(state.last.index.value()) +
                    " than the one in the log");
  }
  if (start.log.last().term > found.hard_state.term) {
    return fail(ErrorCode::kCorruption, "wal", "the last entry's term is above the persisted term");
  }
  return Replica(options, log, std::move(start));
}

Replica::Replica(const ReplicaOptions& options, const LogStore& log, CoreStart start)
    : options_(options),
      log_(&log),
      core_(std::move(start)),
      reads_(options.read_retry_ticks, options.seed),
      to_apply_(core_.status().commit),
      given_(core_.status().commit),
      applied_(given_),
      keeper_(options.compaction, core_.log().base().index, given_, log.opened().payload_bytes),
      senders_(options.snapshots, options.seed | 1U),
      receiver_(options.snapshots) {}

bool Replica::keeps_up(NodeId peer) const {
  const auto* leader = std::get_if<Leader>(&core_.role());
  return leader != nullptr && in_sync(*leader, core_.shared(), peer);
}

/// States are carried here; everything else is the core's.
void Replica::route_snapshots(ReplicaInput& input) {
  for (auto& [from, messages] : input.messages) {
    for (const Message& message : messages) {
      if (const auto* chunk = std::get_if<SnapshotChunk>(&message)) {
        receiver_.receive(from, *chunk, core_.status(), traffic_);
      } else if (const auto* ack = std::get_if<SnapshotAck>(&message)) {
        senders_.acknowledged(from, *ack, traffic_);
      }
    }
  }
}

void Replica::take_results(std::vector<SnapshotResult> results, std::vector<Event>& events) {
  const Term term = core_.status().term;
  for (SnapshotResult& result : results) {
    if (const auto* opened = std::get_if<SourceOpened>(&result)) {
      senders_.take(*opened, traffic_);
    } else if (const auto* read = std::get_if<ChunkRead>(&result)) {
      senders_.take(*read, term, traffic_);
    } else if (const auto* written = std::get_if<ChunkWritten>(&result)) {
      receiver_.take(*written, term, traffic_);
    } else if (const auto* finished = std::get_if<SinkFinished>(&result)) {
      if (auto restore = receiver_.take(*finished, traffic_)) {
        restoring_ = restore->last.index;
        events.emplace_back(std::move(*restore));
      }
    } else if (const auto* failed = std::get_if<JobFailed>(&result)) {
      if (failed->sending) {
        senders_.failed(failed->transfer, traffic_);
      } else {
        receiver_.failed(failed->transfer, term, traffic_);
      }
    }
  }
}

void Replica::look_after_snapshots(ReplicaInput& input, std::vector<Event>& events) {
  route_snapshots(input);
  take_results(std::move(input.snapshots), events);
  for (std::uint32_t i = 0; i < input.ticks; ++i) {
    senders_.tick(traffic_);
    receiver_.tick(traffic_);
  }
  if (!senders_.empty()) {
    const bool leads = core_.status().role == RoleName::kLeader;
    senders_.keep_only(leads ? core_.membership().peers_of(options_.self) : std::vector<NodeId>{}, traffic_);
  }
  for (const SnapshotEnded& ended : senders_.take_ended()) events.emplace_back(ended);
}

void Replica::look_after_log(const ReplicaInput& input, std::vector<Event>& events) {
  if (!input.synced || receiver_.installing()) return;
  if (const auto cut = keeper_.cut(*input.synced, senders_.oldest())) events.emplace_back(Compact{*cut});
}

std::vector<Event> Replica::events_from(ReplicaInput& input) {
  std::vector<Event> events;
  if (input.paused) events.emplace_back(Paused{});
  if (input.persisted) events.emplace_back(Persisted{*input.persisted});
  if (input.target) events.emplace_back(WantMembership{std::move(*input.target)});
  look_after_log(input, events);
  look_after_snapshots(input, events);
  for (auto& [from, messages] : input.messages) {
    for (Message& message : messages) events.emplace_back(Received{from, std::move(message)});
  }
  for (std::uint32_t i = 0; i < input.ticks; ++i) {
    ++tick_;
    reads_.tick();
    events.emplace_back(Tick{});
  }
  if (!input.proposals.empty()) events.emplace_back(Propose{std::move(input.proposals)});
  if (input.transfer) events.emplace_back(*input.transfer);
  const bool leader_known = core_.status().leader.has_value();
  if (input.ticks > 0) {
    while (!held_.empty() && held_.front().until_tick <= tick_) held_.pop_front();
    if (leader_known && !held_.empty()) {
      Propose again;
      for (Held& held : held_) again.payloads.push_back(std::move(held.payload));
      held_.clear();
      events.emplace_back(std::move(again));
    }
  }
  const bool news = !input.read_tickets.empty();
  reads_.add(std::move(input.read_tickets));
  if (news || input.ticks > 0) {
    if (const auto id = reads_.ask(leader_known)) events.emplace_back(ReadIndex{*id});
  }
  return events;
}

void Replica::hold(std::vector<SharedBytes> refused) {
  for (SharedBytes& payload : refused) {
    if (held_.size() >= options_.held_proposals_max) return;
    held_.push_back({std::move(payload), tick_ + options_.held_ticks_max});
  }
}

Result<ReplicaWork> Replica::step(ReplicaInput input) {
  ReplicaWork work;
  if (input.persisted) {
    outbox_.release(*input.persisted, work.mail);
    work.install = receiver_.persisted(*input.persisted, core_.status().term, traffic_);
  }
  if (input.applied) {
    applied_ = *input.applied;
    while (!applying_.empty() && applying_.front().first <= *input.applied) {
      applying_bytes_ -= applying_.front().second;
      applying_.pop_front();
    }
  }
  Effects effects = core_.step(events_from(input));
  accept_state(effects);
  // A peer that lags behind memory is served from disk, until its window is full.
  while (!effects.log_reads.empty()) {
    ASSIGN_OR_RETURN(auto entries, read_log(effects.log_reads));
    take(std::move(effects), work);
    effects = core_.step(std::move(entries));
  }
  take(std::move(effects), work);
  RETURN_IF_ERROR(give_entries(work));
  work.sync = keeper_.due(applied_);
  work.jobs = std::exchange(traffic_.jobs, {});
  for (auto& [to, messages] : traffic_.mail) {
    auto& mail = work.mail[to];
    mail.insert(mail.end(), std::make_move_iterator(messages.begin()),
                std::make_move_iterator(messages.end()));
  }
  traffic_.mail.clear();
  return work;
}

/// What the core said to the state offered to it in this step.
void Replica::accept_state(const Effects& effects) {
  if (!std::exchange(restoring_, std::nullopt)) return;
  if (!effects.restored) {
    receiver_.refused(core_.status().term, traffic_);
    return;
  }
  receiver_.accepted(effects.persist->sequence);
  keeper_.reset(effects.restored->index);
  // What was about to be applied is in the state; only what comes behind it is given from now on.
  given_ = effects.restored->index;
}

void Replica::take(Effects effects, ReplicaWork& work) {
  if (effects.persist) {
    RAFT_CHECK(!work.persist);
    work.persist = std::move(effects.persist);
  }
  outbox_.add(std::move(effects.sends), work.mail);
  for (const ReadReady& ready : effects.reads_ready) {
    auto tickets = reads_.answered(ready.id);
    if (!tickets.empty()) work.reads.push_back({ready.index, std::move(tickets)});
  }
  for (std::uint64_t id : effects.reads_failed) reads_.failed(id);
  for (NodeId peer : effects.snapshots) senders_.begin(peer, traffic_);
  hold(std::move(effects.refused));
  to_apply_ = std::max(to_apply_, effects.apply);
}

Result<std::vector<Event>> Replica::read_log(const std::vector<ReadLog>& wanted) const {
  std::vector<Event> events;
  for (const ReadLog& range : wanted) {
    ASSIGN_OR_RETURN(auto entries, log_->read(range.first, range.last, range.bytes_max));
    events.emplace_back(LogRead{range.peer, std::move(entries)});
  }
  return events;
}

Result<void> Replica::give_entries(ReplicaWork& work) {
  if (receiver_.installing()) return {};
  while (given_ < to_apply_ && applying_bytes_ < options_.applying_bytes_max) {
    const std::size_t room = options_.applying_bytes_max - applying_bytes_;
    auto entries = core_.log().cached(given_.next(), to_apply_, room);
    if (!entries) {
      ASSIGN_OR_RETURN(entries, log_->read(given_.next(), to_apply_, room));
    }
    RAFT_CHECK(!entries->empty());
    std::size_t bytes = 0;
    for (const Entry& entry : *entries) bytes += entry.bytes().size();
    given_ = entries->back().index;
    keeper_.given(given_, bytes);
    applying_.emplace_back(given_, bytes);
    applying_bytes_ += bytes;
    work.apply.insert(work.apply.end(), std::make_move_iterator(entries->begin()),
                      std::make_move_iterator(entries->end()));
  }
  return {};
}

}  // namespace raft
