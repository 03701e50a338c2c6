#include "libraft/node/snapshot_senders.h"

#include <algorithm>
#include <utility>

namespace raft {

void SnapshotSenders::begin(NodeId peer, SnapshotTraffic& traffic) {
  if (const auto known = transfers_.find(peer); known != transfers_.end()) return;
  if (transfers_.size() >= options_.transfers_max) {
    ended_.push_back({peer, std::nullopt});
    return;
  }
  Transfer transfer{.id = next_++, .peer = peer, .credit_bytes = options_.bytes_per_tick};
  traffic.jobs.emplace_back(OpenSource{transfer.id});
  transfers_.emplace(peer, std::move(transfer));
}

SnapshotSenders::Transfer* SnapshotSenders::find(TransferId id) {
  const auto found = std::find_if(transfers_.begin(), transfers_.end(),
                                  [&](const auto& known) { return known.second.id == id; });
  return found == transfers_.end() ? nullptr : &found->second;
}

void SnapshotSenders::take(const SourceOpened& opened, SnapshotTraffic& traffic) {
  Transfer* transfer = find(opened.transfer);
  if (transfer == nullptr) {
    traffic.jobs.emplace_back(CloseSource{opened.transfer});  // it ended meanwhile
    return;
  }
  transfer->last = opened.last;
  pump(*transfer, traffic);
}

void SnapshotSenders::take(const ChunkRead& read, Term term, SnapshotTraffic& traffic) {
  Transfer* transfer = find(read.transfer);
  if (transfer == nullptr) return;
  transfer->reading = false;
  transfer->read_all = read.bytes == nullptr;
  SnapshotChunk chunk{.term = term,
                      .transfer = transfer->id,
                      .last = *transfer->last,
                      .number = transfer->numbered++,
                      .bytes = read.bytes};
  traffic.mail[transfer->peer].emplace_back(chunk);
  if (read.bytes) transfer->credit_bytes -= std::min(transfer->credit_bytes, read.bytes->size());
  transfer->window.push_back(std::move(chunk));
  pump(*transfer, traffic);
}

/// Reads ahead as far as the window and the rate allow. One read at a time keeps the chunks in order.
void SnapshotSenders::pump(Transfer& transfer, SnapshotTraffic& traffic) {
  const bool may_read = transfer.last && !transfer.reading && !transfer.read_all &&
                        transfer.window.size() < options_.window_chunks && transfer.credit_bytes > 0;
  if (!may_read) return;
  transfer.reading = true;
  traffic.jobs.emplace_back(ReadChunk{transfer.id, options_.chunk_bytes});
}

void SnapshotSenders::acknowledged(NodeId from, const SnapshotAck& ack, SnapshotTraffic& traffic) {
  const auto found = transfers_.find(from);
  if (found == transfers_.end() || found->second.id != ack.transfer) return;
  Transfer& transfer = found->second;
  // A receiver that has less than it said before began anew, by a chunk that came late: what it wants is not
  // here any more, so that its acknowledgements are no progress.
  const bool behind = !transfer.window.empty() && ack.next < transfer.window.front().number;
  if (!behind) transfer.silent_ticks = 0;
  switch (ack.verdict) {
    case SnapshotAck::Verdict::kInstalled:
      end(transfer, transfer.last ? std::optional(transfer.last->index) : std::nullopt, traffic);
      return;
    case SnapshotAck::Verdict::kRefused:
      end(transfer, std::nullopt, traffic);
      return;
    case SnapshotAck::Verdict::kGoOn:
      break;
  }
  while (!transfer.window.empty() && transfer.window.front().number < ack.next) {
    transfer.window.pop_front();
    transfer.stuck_ticks = 0;
  }
  pump(transfer, traffic);
}

void SnapshotSenders::tick(SnapshotTraffic& traffic) {
  std::vector<TransferId> hopeless;
  for (auto& [peer, transfer] : transfers_) {
    transfer.credit_bytes = std::min(transfer.credit_bytes + options_.bytes_per_tick,
                                     std::max(options_.bytes_per_tick, options_.chunk_bytes));
    if (++transfer.silent_ticks >= options_.give_up_ticks) {
      hopeless.push_back(transfer.id);
      continue;
    }
    if (!transfer.window.empty() && ++transfer.stuck_ticks >= options_.resend_ticks) {
      transfer.stuck_ticks = 0;
      for (const SnapshotChunk& chunk : transfer.window) traffic.mail[peer].emplace_back(chunk);
    }
    pump(transfer, traffic);
  }
  for (TransferId id : hopeless) failed(id, traffic);
}

void SnapshotSenders::failed(TransferId id, SnapshotTraffic& traffic) {
  if (const Transfer* transfer = find(id)) end(*transfer, std::nullopt, traffic);
}

void SnapshotSenders::keep_only(const std::vector<NodeId>& peers, SnapshotTraffic& traffic) {
  for (auto known = transfers_.begin(); known != transfers_.end();) {
    const auto here = known++;
    const bool wanted = std::find(peers.begin(), peers.end(), here->first) != peers.end();
    if (!wanted) end(here->second, std::nullopt, traffic);
  }
}

void SnapshotSenders::end(const Transfer& transfer, std::optional<Index> match, SnapshotTraffic& traffic) {
  traffic.jobs.emplace_back(CloseSource{transfer.id});
  ended_.push_back({transfer.peer, match});
  transfers_.erase(NodeId(transfer.peer));
}

std::vector<SnapshotEnded> SnapshotSenders::take_ended() {
  return std::exchange(ended_, {});
}

std::optional<Index> SnapshotSenders::oldest() const {
  std::optional<Index> oldest;
  for (const auto& [peer, transfer] : transfers_) {
    if (transfer.last && (!oldest || transfer.last->index < *oldest)) oldest = transfer.last->index;
  }
  return oldest;
}

}  // namespace raft
