#include "libraft/node/snapshot_receiver.h"

namespace raft {

void SnapshotReceiver::acknowledge(SnapshotAck::Verdict verdict, Term term, SnapshotTraffic& traffic) const {
  traffic.mail[incoming_->from].emplace_back(SnapshotAck{
      .term = term, .transfer = incoming_->transfer, .next = incoming_->written, .verdict = verdict});
}

void SnapshotReceiver::receive(NodeId from, const SnapshotChunk& chunk, const CoreStatus& status,
                               SnapshotTraffic& traffic) {
  const bool known = incoming_ && incoming_->from == from && incoming_->transfer == chunk.transfer;
  if (!known) {
    if (status.leader != from || chunk.term != status.term || installing()) return;
    SnapshotAck ack{.term = status.term, .transfer = chunk.transfer, .next = 0};
    if (std::min(status.commit, status.durable) >= chunk.last.index) {
      ack.verdict = SnapshotAck::Verdict::kInstalled;  // it came by way of the log meanwhile
    } else if (chunk.number != 0) {
      ack.verdict = SnapshotAck::Verdict::kRefused;  // its beginning went with an earlier life of this member
    } else {
      start(from, chunk, traffic);
      return;
    }
    traffic.mail[from].emplace_back(ack);
    return;
  }
  incoming_->idle_ticks = 0;
  if (chunk.number != incoming_->next || incoming_->finishing) {
    acknowledge(SnapshotAck::Verdict::kGoOn, status.term, traffic);
    return;
  }
  if (chunk.bytes) {
    // No more than the sender's window is ever under way to the disk.
    if (incoming_->next - incoming_->written >= options_.window_chunks) return;
    traffic.jobs.emplace_back(WriteChunk{chunk.transfer, incoming_->next++, chunk.bytes});
  } else {
    incoming_->finishing = true;
    traffic.jobs.emplace_back(FinishSink{chunk.transfer});
  }
}

void SnapshotReceiver::start(NodeId from, const SnapshotChunk& chunk, SnapshotTraffic& traffic) {
  if (incoming_) traffic.jobs.emplace_back(DropSink{incoming_->transfer});
  incoming_ = Incoming{.transfer = chunk.transfer, .from = from, .last = chunk.last};
  traffic.jobs.emplace_back(OpenSink{chunk.transfer, chunk.last.index});
  if (!chunk.bytes) return;  // a state of no bytes: finish() will say what it thinks of that
  traffic.jobs.emplace_back(WriteChunk{chunk.transfer, incoming_->next++, chunk.bytes});
}

void SnapshotReceiver::take(const ChunkWritten& written, Term term, SnapshotTraffic& traffic) {
  if (!incoming_ || incoming_->transfer != written.transfer) return;
  incoming_->written = written.number + 1;
  acknowledge(SnapshotAck::Verdict::kGoOn, term, traffic);
}

std::optional<Restore> SnapshotReceiver::take(const SinkFinished& finished, SnapshotTraffic& traffic) {
  const bool awaited = incoming_ && incoming_->transfer == finished.transfer;
  if (!awaited) {
    traffic.jobs.emplace_back(DropSink{finished.transfer});
    return std::nullopt;
  }
  return Restore{finished.info.last, finished.info.configuration};
}

void SnapshotReceiver::failed(TransferId transfer, Term term, SnapshotTraffic& traffic) {
  if (!incoming_ || incoming_->transfer != transfer) return;
  acknowledge(SnapshotAck::Verdict::kRefused, term, traffic);
  incoming_.reset();
}

void SnapshotReceiver::tick(SnapshotTraffic& traffic) {
  if (!incoming_ || incoming_->finishing || ++incoming_->idle_ticks < options_.give_up_ticks) return;
  traffic.jobs.emplace_back(DropSink{incoming_->transfer});
  incoming_.reset();
}

void SnapshotReceiver::accepted(std::uint64_t sequence) {
  incoming_->install_after = sequence;
}

void SnapshotReceiver::refused(Term term, SnapshotTraffic& traffic) {
  acknowledge(SnapshotAck::Verdict::kRefused, term, traffic);
  traffic.jobs.emplace_back(DropSink{incoming_->transfer});
  incoming_.reset();
}

std::optional<TransferId> SnapshotReceiver::persisted(std::uint64_t sequence, Term term,
                                                      SnapshotTraffic& traffic) {
  if (!installing() || sequence < incoming_->install_after) return std::nullopt;
  acknowledge(SnapshotAck::Verdict::kInstalled, term, traffic);
  const TransferId transfer = incoming_->transfer;
  incoming_.reset();
  return transfer;
}

}  // namespace raft
