#include "libkv/mvcc/recover.h"

#include <algorithm>
#include <optional>

#include "libkv/mvcc/frozen_rows.h"

namespace kv {
namespace {

using raft::ErrorCode;

std::unexpected<raft::Error> corrupt(std::string where, std::string what) {
  return raft::fail(ErrorCode::kCorruption, std::move(where), std::move(what));
}

std::string differs(std::string_view what, std::uint64_t found, std::uint64_t expected) {
  return std::string(what) + ": found " + std::to_string(found) + ", the last mark says " +
         std::to_string(expected);
}

}  // namespace

Recovery::Recovery(std::int64_t revision, std::int64_t compacted, KeyIndex& index)
    : revision_(revision), compacted_(compacted), index_(index), chain_known_(compacted == kNeverCompacted) {}

raft::Result<void> Recovery::row(std::string_view key, std::string_view value) {
  ASSIGN_OR_RETURN(const ParsedKey parsed, parse_key(key));
  closed_ = parsed.mark;
  return parsed.mark ? mark(parsed, value) : record(parsed.revision, value);
}

raft::Result<Ledger> Recovery::finish() {
  if (!closed_) return corrupt(place_of(before_), "the last batch has no mark");
  const Mark& last = ledger_.mark;
  const std::uint64_t live = index_.view().totals().live;
  if (records_ != last.records) return corrupt("r/", differs("records", records_, last.records));
  if (reached() != last.revision) return corrupt("r/" + std::to_string(last.revision), "missing");
  if (live != last.live_keys) return corrupt("r/", differs("live keys", live, last.live_keys));
  return std::move(ledger_);
}

raft::Result<void> Recovery::record(const Revision& revision, std::string_view bytes) {
  auto decoded = decode_record(revision, bytes);
  if (!decoded) return raft::fail(std::move(decoded.error()));
  RETURN_IF_ERROR(check_sequence(revision));
  const Record& record = decoded->record;
  bool continues = true;
  index_.record(record.key, [&](const Entry* before) {
    continues = continues_version(revision, record, before);
    return NewVersion{.revision = revision,
                      .create = record.create,
                      .version = record.version,
                      .lease = record.lease,
                      .size = static_cast<std::uint32_t>(bytes.size()),
                      .deleted = record.deleted};
  });
  if (!continues) return corrupt(place_of(revision), "does not continue the version of its key before it");
  ++records_;
  ledger_.bytes_in_use += bytes.size();
  chain_ = chained(chain_, decoded->checksum);
  before_ = revision;
  return {};
}

/// Above the compacted revision nothing was ever deleted: the revisions have no gap.
raft::Result<void> Recovery::check_sequence(const Revision& revision) const {
  if (revision.main > revision_) return corrupt(place_of(revision), "behind the last mark's revision");
  if (revision.main <= std::max(compacted_, kRevisionOfEmptyStore)) return {};
  const bool next_change = revision.main == before_.main && revision.sub == before_.sub + 1;
  const bool next_request = revision.main == reached() + 1 && revision.sub == 0;
  if (!next_change && !next_request) return corrupt(place_of(revision), "a record before it is missing");
  return {};
}

/// Above the compacted revision, where the version before was not deleted.
bool Recovery::continues_version(const Revision& revision, const Record& record, const Entry* before) const {
  if (record.deleted || revision.main <= compacted_) return true;
  const bool creates = before == nullptr || before->deleted != 0;
  return record.create == (creates ? revision.main : before->create) &&
         record.version == (creates ? 1 : before->version + 1);
}

std::int64_t Recovery::reached() const {
  return std::max({before_.main, compacted_, kRevisionOfEmptyStore});
}

raft::Result<void> Recovery::mark(const ParsedKey& key, std::string_view bytes) {
  const std::string where = "r/" + std::to_string(key.revision.main) + "/mark " + std::to_string(key.batch);
  auto decoded = decode_mark(bytes);
  if (!decoded) return raft::fail(decoded.error().code, where, decoded.error().what);
  if (decoded->revision != key.revision.main) return corrupt(where, "under the key of another revision");
  // Between two marks at or above the compacted revision every record is there: their chain must close.
  if (chain_known_ && decoded->chain != chain_) {
    return corrupt(where, "the records before it are not the ones it was written with");
  }
  chain_ = decoded->chain;
  chain_known_ = decoded->revision >= compacted_;
  ledger_.marks.push_back({.revision = key.revision.main, .batch = key.batch});
  ledger_.mark = *decoded;
  return {};
}

raft::Result<bool> is_new_state(const Database& database) {
  ASSIGN_OR_RETURN(const auto format, database.get(kFormatKey));
  if (format) {
    if (format->size() == 1 && static_cast<std::uint8_t>((*format)[0]) == kStateFormat) return false;
    const std::string found =
        format->empty() ? "none" : std::to_string(static_cast<std::uint8_t>((*format)[0]));
    return raft::fail(ErrorCode::kMismatch, database.path(),
                      "state format " + found + ", this version reads " + std::to_string(kStateFormat));
  }
  bool empty = true;
  RETURN_IF_ERROR(database.walk("", [&](std::string_view, std::string_view) -> raft::Result<Database::Step> {
    empty = false;
    return Database::Step{.stop = true, .seek = {}};
  }));
  if (!empty) return corrupt(database.path(), "rows, but no format");
  return true;
}

raft::Result<Ledger> recover(const Database& database, KeyIndex& index) {
  ASSIGN_OR_RETURN(const auto last_row,
                   FrozenRows(database.rows(), database.path(), nullptr).last(kRecordPrefix));
  if (!last_row) return corrupt(database.path(), "no mark");
  ASSIGN_OR_RETURN(const ParsedKey last_key, parse_key(last_row->first));
  if (!last_key.mark) return corrupt(place_of(last_key.revision), "the last batch has no mark");
  ASSIGN_OR_RETURN(const Mark last, decode_mark(last_row->second));
  Recovery recovery(last.revision, last.compacted, index);
  const auto walked = database.walk(
      kRecordPrefix, [&](std::string_view key, std::string_view value) -> raft::Result<Database::Step> {
        if (!key.starts_with(kRecordPrefix)) return Database::Step{.stop = true, .seek = {}};
        RETURN_IF_ERROR(recovery.row(key, value));
        return Database::Step{};
      });
  if (!walked) return raft::fail(walked.error());
  return recovery.finish();
}

}  // namespace kv
