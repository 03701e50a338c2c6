#include "libraft/node/snapshot_desk.h"

#include <utility>

namespace raft {

std::optional<SnapshotResult> SnapshotDesk::run(SnapshotJob job) {
  return std::visit([this](const auto& one) { return run(one); }, job);
}

std::optional<SnapshotResult> SnapshotDesk::run(const OpenSource& job) {
  auto source = machine_.open_snapshot();
  if (!source) return JobFailed{job.transfer, true, std::move(source.error())};
  const EntryId last = (*source)->info().last;
  sources_[job.transfer] = std::move(*source);
  return SourceOpened{job.transfer, last};
}

std::optional<SnapshotResult> SnapshotDesk::run(const ReadChunk& job) {
  const auto source = sources_.find(job.transfer);
  if (source == sources_.end()) return std::nullopt;  // closed meanwhile
  auto bytes = source->second->read(job.bytes_max);
  if (!bytes) {
    sources_.erase(source);
    return JobFailed{job.transfer, true, std::move(bytes.error())};
  }
  if (bytes->empty()) return ChunkRead{job.transfer, nullptr};
  return ChunkRead{job.transfer, std::make_shared<const std::string>(std::move(*bytes))};
}

std::optional<SnapshotResult> SnapshotDesk::run(const CloseSource& job) {
  sources_.erase(job.transfer);
  return std::nullopt;
}

SnapshotResult SnapshotDesk::sink_failed(TransferId transfer, Error error) {
  sink_ = {};
  return JobFailed{transfer, false, std::move(error)};
}

std::optional<SnapshotResult> SnapshotDesk::run(const OpenSink& job) {
  sink_ = {};  // first: two states beside the one in use would be one too many
  auto sink = machine_.receive_snapshot(job.last);
  if (!sink) return sink_failed(job.transfer, std::move(sink.error()));
  sink_ = {job.transfer, std::move(*sink)};
  return std::nullopt;
}

std::optional<SnapshotResult> SnapshotDesk::run(const WriteChunk& job) {
  if (!sink_.sink || sink_.transfer != job.transfer) return std::nullopt;
  if (auto written = sink_.sink->write(*job.bytes); !written) {
    return sink_failed(job.transfer, std::move(written.error()));
  }
  return ChunkWritten{job.transfer, job.number};
}

std::optional<SnapshotResult> SnapshotDesk::run(const FinishSink& job) {
  if (!sink_.sink || sink_.transfer != job.transfer) return std::nullopt;
  auto info = sink_.sink->finish();
  if (!info) return sink_failed(job.transfer, std::move(info.error()));
  std::lock_guard lock(mutex_);
  finished_ = std::exchange(sink_, {});
  return SinkFinished{job.transfer, std::move(*info)};
}

std::optional<SnapshotResult> SnapshotDesk::run(const DropSink& job) {
  if (sink_.transfer == job.transfer) sink_ = {};
  const auto unused = take_finished(job.transfer);
  return std::nullopt;
}

std::unique_ptr<SnapshotSink> SnapshotDesk::take_finished(TransferId transfer) {
  std::lock_guard lock(mutex_);
  if (finished_.transfer != transfer) return nullptr;
  return std::exchange(finished_, {}).sink;
}

}  // namespace raft
