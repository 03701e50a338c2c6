#include "libkv/snapshot/state_source.h"

#include <string>
#include <utility>

#include "libkv/mvcc/configuration_row.h"
#include "libkv/mvcc/record.h"
#include "libkv/snapshot/stream_writer.h"
#include "libraft/base/check.h"
#include "libraft/base/mutant.h"

namespace kv {
namespace {

using raft::ErrorCode;

/// The one mark of a snapshot counts as batch 1: how a member cut its log into batches is no part of a state.
constexpr std::uint64_t kOnlyBatch = 1;

class StateSource final : public raft::SnapshotSource {
 public:
  StateSource(std::unique_ptr<FrozenRows> rows, const SnapshotHeader& header, const Mark& mark)
      : rows_(std::move(rows)),
        info_{.last = header.last, .configuration = header.configuration},
        mark_(mark),
        writer_(header) {
    rows_->seek("");
  }

  [[nodiscard]] const raft::SnapshotInfo& info() const override { return info_; }

  [[nodiscard]] raft::Result<std::string> read(std::size_t bytes_max) override {
    RAFT_CHECK(bytes_max > 0);
    while (writer_.ready() == 0 && !finished_) RETURN_IF_ERROR(step());
    return writer_.take(bytes_max);
  }

 private:
  raft::Result<void> step() {
    if (!rows_->valid()) {
      RETURN_IF_ERROR(rows_->status());
      if (!marked_) return raft::fail(ErrorCode::kCorruption, rows_->place(), "the last mark is gone");
      writer_.finish();
      finished_ = true;
      return {};
    }
    RETURN_IF_ERROR(take_row());
    rows_->next();
    return {};
  }

  raft::Result<void> take_row() {
    const std::string_view key = rows_->key();
    const std::string_view value = rows_->value();
    // Both are in the header.
    if (key == kFormatKey || key.starts_with(kConfigurationPrefix)) return {};
    if (RAFT_MUTANT(kSessionForgottenInSnapshot) && key.starts_with(kSessionPrefix)) return {};
    if (RAFT_MUTANT(kAuthForgottenInSnapshot) && key.starts_with(kUserPrefix)) return {};
    if (!key.starts_with(kRecordPrefix)) {
      writer_.add(key, value);
      return {};
    }
    ASSIGN_OR_RETURN(const ParsedKey parsed, parse_key(key));
    if (!parsed.mark) {
      // A record is verified whenever it is read: damage must not travel.
      auto decoded = decode_record(parsed.revision, value);
      if (!decoded) return raft::fail(std::move(decoded.error()));
      writer_.add(key, value);
      return {};
    }
    ASSIGN_OR_RETURN(const Mark mark, decode_mark(value));
    if (mark == mark_) {
      writer_.add(mark_key(mark.revision, kOnlyBatch), value);
      marked_ = true;
    }
    return {};
  }

  const std::unique_ptr<FrozenRows> rows_;
  const raft::SnapshotInfo info_;
  const Mark mark_;
  StreamWriter writer_;
  bool marked_ = false;
  bool finished_ = false;
};

raft::Result<Mark> last_mark(const FrozenRows& rows) {
  ASSIGN_OR_RETURN(const auto format, rows.get(kFormatKey));
  if (!format) return raft::fail(ErrorCode::kCorruption, rows.place(), "holds no state");
  if (*format != std::string(1, static_cast<char>(kStateFormat))) {
    return raft::fail(ErrorCode::kMismatch, rows.place(), "a state of another format");
  }
  ASSIGN_OR_RETURN(const auto last, rows.last(kRecordPrefix));
  if (!last) return raft::fail(ErrorCode::kCorruption, rows.place(), "no mark");
  ASSIGN_OR_RETURN(const ParsedKey parsed, parse_key(last->first));
  if (!parsed.mark) return raft::fail(ErrorCode::kCorruption, rows.place(), "the last batch has no mark");
  return decode_mark(last->second);
}

}  // namespace

raft::Result<std::unique_ptr<raft::SnapshotSource>> open_state_source(std::unique_ptr<FrozenRows> rows,
                                                                      std::uint64_t cluster_id) {
  ASSIGN_OR_RETURN(const Mark mark, last_mark(*rows));
  SnapshotHeader header{.cluster_id = cluster_id,
                        .last = mark.applied,
                        .revision = mark.revision,
                        .compacted = mark.compacted,
                        .configuration = {}};
  ASSIGN_OR_RETURN(const auto row, rows->last(kConfigurationPrefix));
  if (row) {
    ASSIGN_OR_RETURN(header.configuration, decode_configuration(row->first, row->second));
  }
  return std::unique_ptr<raft::SnapshotSource>(std::make_unique<StateSource>(std::move(rows), header, mark));
}

}  // namespace kv
