#include "libraft/node/replica.h"

#include <algorithm>
#include <string>

#include "libraft/base/check.h"

namespace raft {

Result<Replica> Replica::create(const ReplicaOptions& options, const LogStore& log, EntryId applied) {
  const LogState& found = log.opened();
  for (const std::string& fault : options.core.faults())
    return fail(ErrorCode::kInvalidArgument, "raft options", fault);
  if (applied.index < found.base.index || applied.index > found.last) {
    return fail(ErrorCode::kCorruption, "data directory",
                "the state has applied index " + std::to_string(applied.index.value()) +
                    " but the log holds " + std::to_string(found.base.index.value() + 1) + " to " +
                    std::to_string(found.last.value()) + "; wal and snap are not of one time");
  }
  CoreStart start{.self = options.self,
                  .options = options.core,
                  .configurations = {{Index(0), options.membership}},
                  .hard_state = found.hard_state,
                  .log = LogView(found.base, found.last, found.runs),
                  .applied = applied.index,
                  .seed = options.seed};
  if (!start.log.matches(applied)) {
    return fail(ErrorCode::kCorruption, "data directory",
                "the state was made by another entry at index " + std::to_string(applied.index.value()) +
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
      reads_(options.read_retry_ticks),
      to_apply_(core_.status().commit),
      given_(core_.status().commit) {}

std::vector<Event> Replica::events_from(ReplicaInput& input) {
  std::vector<Event> events;
  if (input.persisted) events.emplace_back(Persisted{*input.persisted});
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
  if (input.persisted) outbox_.release(*input.persisted, work.mail);
  if (input.applied) {
    while (!applying_.empty() && applying_.front().first <= *input.applied) {
      applying_bytes_ -= applying_.front().second;
      applying_.pop_front();
    }
  }
  Effects effects = core_.step(events_from(input));
  // A peer that lags behind memory is served from disk, until its window is full.
  while (!effects.log_reads.empty()) {
    ASSIGN_OR_RETURN(auto entries, read_log(effects.log_reads));
    take(std::move(effects), work);
    effects = core_.step(std::move(entries));
  }
  take(std::move(effects), work);
  RETURN_IF_ERROR(give_entries(work));
  return work;
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
    applying_.emplace_back(given_, bytes);
    applying_bytes_ += bytes;
    work.apply.insert(work.apply.end(), std::make_move_iterator(entries->begin()),
                      std::make_move_iterator(entries->end()));
  }
  return {};
}

}  // namespace raft
