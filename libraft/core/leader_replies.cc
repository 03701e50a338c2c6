#include <algorithm>
#include <utility>

#include "libraft/base/check.h"
#include "libraft/core/handlers.h"

namespace raft {
namespace {

std::size_t payload_bytes(const std::vector<Entry>& entries) {
  std::size_t bytes = 0;
  for (const Entry& entry : entries) bytes += entry.bytes().size();
  return bytes;
}

void send_entries(Progress& progress, Shared& shared, NodeId peer, std::vector<Entry> entries,
                  std::uint64_t round) {
  const Index previous = progress.next().previous();
  const auto previous_term = shared.log.term_at(previous);
  RAFT_CHECK(previous_term.has_value());
  AppendEntries append{.term = shared.term(),
                       .previous = {previous, *previous_term},
                       .commit = shared.commit,
                       .round = round,
                       .entries = std::move(entries)};
  progress.commit_sent = shared.commit;
  if (append.entries.empty()) {
    progress.probed();
  } else {
    progress.sent(append.entries.back().index, payload_bytes(append.entries));
  }
  shared.send(peer, std::move(append), When::kNow);
}

/// Entries that go unanswered may have been lost on the way: then the answer to this is a rejection, which
/// starts them again. Where the log does not reach back to them any more, only a state helps.
void recheck(Progress& progress, Shared& shared, NodeId peer, std::uint64_t round) {
  if (shared.log.term_at(progress.next().previous())) {
    send_entries(progress, shared, peer, {}, round);
  } else if (!progress.awaits_snapshot()) {
    progress.begin_snapshot();
    shared.out.snapshots.push_back(peer);
  }
}

}  // namespace

void send_heartbeat(Progress& progress, Shared& shared, NodeId peer, std::uint64_t round) {
  AppendEntries append{
      .term = shared.term(), .previous = {}, .commit = shared.commit, .round = round, .entries = {}};
  if (const auto term = shared.log.term_at(progress.match())) append.previous = {progress.match(), *term};
  progress.commit_sent = std::min(shared.commit, progress.match());
  shared.send(peer, std::move(append), When::kNow);
}

void replicate(Progress& progress, Shared& shared, NodeId peer, std::uint64_t round) {
  const Index last = shared.log.last().index;
  while (progress.may_send(shared.options)) {
    if (!shared.log.term_at(progress.next().previous())) {
      // It needs entries older than the log keeps. One that is silent would only hold the state open.
      if (progress.active) {
        progress.begin_snapshot();
        shared.out.snapshots.push_back(peer);
      }
      return;
    }
    if (progress.next() > last) {
      if (!progress.probing()) break;
      send_entries(progress, shared, peer, {}, round);
      return;
    }
    auto entries = shared.log.cached(progress.next(), last, shared.options.append_bytes_max);
    if (!entries) {
      progress.reading_log = true;
      // What has left the memory is on disk; what is behind may still be on its way there.
      shared.out.log_reads.push_back(
          {peer, progress.next(), std::min(last, shared.durable), shared.options.append_bytes_max});
      return;
    }
    send_entries(progress, shared, peer, std::move(*entries), round);
  }
  // Nothing under way would carry the new commit index, and someone there may wait for it.
  if (progress.idle() && progress.commit_sent < std::min(shared.commit, progress.match())) {
    send_heartbeat(progress, shared, peer, round);
  }
}

Next on_reply(Leader& leader, Shared& shared, NodeId from, const AppendReply& reply) {
  const auto found = leader.peers.find(from);
  if (found == leader.peers.end()) return std::nullopt;
  Progress& progress = found->second;
  progress.active = true;
  if (reply.round <= leader.round) progress.round = std::max(progress.round, reply.round);
  if (!reply.success) {
    const EntryId agree = shared.log.newest_at_most(std::min(reply.hint.index, reply.match), reply.hint.term);
    progress.rejected(reply.match, agree.index.next());
    return std::nullopt;
  }
  if (reply.match > shared.log.last().index) return std::nullopt;  // claims what was never sent
  if (progress.accepted(reply.match)) return std::nullopt;
  progress.answered_heartbeat();
  const bool lost_something = progress.match() < shared.log.last().index && !progress.probing();
  if (std::exchange(progress.recheck_due, false) && lost_something && !progress.reading_log) {
    recheck(progress, shared, from, leader.round);
  }
  return std::nullopt;
}

Next on_log_read(Leader& leader, Shared& shared, LogRead&& read) {
  const auto found = leader.peers.find(read.peer);
  if (found == leader.peers.end()) return std::nullopt;
  Progress& progress = found->second;
  progress.reading_log = false;
  if (read.entries.empty() || read.entries.front().index != progress.next() ||
      !progress.may_send(shared.options)) {
    return std::nullopt;
  }
  const Entry& last = read.entries.back();
  if (!shared.log.matches({last.index, last.term})) return std::nullopt;
  send_entries(progress, shared, read.peer, std::move(read.entries), leader.round);
  return std::nullopt;
}

}  // namespace raft
