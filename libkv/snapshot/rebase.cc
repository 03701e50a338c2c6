#include "libkv/snapshot/rebase.h"

#include <limits>

namespace kv {

Rebase::Rebase(RebaseOptions options)
    : options_(std::move(options)),
      reader_({.header = [this](const SnapshotHeader& header) { return begin(header); },
               .row = [this](std::string_view key, std::string_view value) { return row(key, value); }},
              Envelope::kAllowed) {}

raft::Result<void> Rebase::push(std::string_view bytes) {
  return reader_.push(bytes);
}

raft::Result<void> Rebase::begin(const SnapshotHeader& header) {
  if (header.revision > std::numeric_limits<std::int64_t>::max() - options_.bump) {
    return raft::fail(raft::ErrorCode::kLimit, "revision " + std::to_string(header.revision),
                      "cannot be moved forward by " + std::to_string(options_.bump));
  }
  writer_.emplace(SnapshotHeader{.cluster_id = options_.cluster_id,
                                 .last = options_.first,
                                 .revision = moved(header.revision),
                                 .compacted = compacted(header.revision, header.compacted),
                                 .configuration = options_.configuration});
  return {};
}

raft::Result<void> Rebase::row(std::string_view key, std::string_view value) {
  if (key >= kMemberPrefix) write_members();
  if (key.starts_with(kMemberPrefix)) return {};
  if (key.starts_with(kAlarmPrefix)) return {};  // of members that are none any more
  // Of clients of another cluster: their sessions bear its id and are refused here.
  if (key.starts_with(kSessionPrefix)) return {};
  if (key.starts_with(kRecordPrefix)) {
    ASSIGN_OR_RETURN(const ParsedKey parsed, parse_key(key));
    if (parsed.mark) return mark(value);
  }
  writer_->add(key, value);
  return {};
}

/// Above the compacted revision a state has no gaps: a revision that moved makes all before it compacted,
/// and the mark is the only row that has to say so.
raft::Result<void> Rebase::mark(std::string_view value) {
  ASSIGN_OR_RETURN(Mark mark, decode_mark(value));
  mark.applied = options_.first;
  mark.compacted = compacted(mark.revision, mark.compacted);
  mark.revision = moved(mark.revision);
  writer_->add(mark_key(mark.revision, 1), encode_mark(mark));
  return {};
}

std::int64_t Rebase::compacted(std::int64_t revision, std::int64_t compacted) const {
  return options_.bump > 0 || options_.mark_compacted ? moved(revision) : compacted;
}

void Rebase::write_members() {
  if (std::exchange(members_written_, true)) return;
  for (const auto& [key, value] : options_.members) writer_->add(key, value);
}

raft::Result<SnapshotTotals> Rebase::finish() {
  ASSIGN_OR_RETURN(const SnapshotTotals totals, reader_.finish());
  write_members();
  writer_->finish();
  return totals;
}

std::string Rebase::take() {
  return writer_ ? writer_->take(writer_->ready()) : std::string();
}

}  // namespace kv
