#include "libraft/log/recover.h"

#include <leveldb/db.h>

#include <memory>

#include "libraft/disk/database.h"
#include "libraft/log/keys.h"

namespace raft {
namespace {

std::string_view view(const leveldb::Slice& slice) {
  return {slice.data(), slice.size()};
}

/// The version, when the database has ever been written.
Result<bool> check_version(leveldb::DB& database) {
  std::string version;
  const leveldb::Status status =
      database.Get(read_options(), leveldb::Slice(kVersionKey.data(), kVersionKey.size()), &version);
  if (status.IsNotFound()) {
    std::unique_ptr<leveldb::Iterator> any(database.NewIterator(read_options()));
    any->SeekToFirst();
    RETURN_IF_ERROR(checked(any->status(), "log"));
    if (any->Valid()) return fail(ErrorCode::kCorruption, "log", "has records but no format version");
    return false;
  }
  RETURN_IF_ERROR(checked(status, "log"));
  if (version.size() != 1 || static_cast<std::uint8_t>(version[0]) != kLogFormat) {
    return fail(ErrorCode::kMismatch, "log",
                "has a format that this version does not know (it knows " + std::to_string(kLogFormat) + ")");
  }
  return true;
}

Result<void> read_state(leveldb::DB& database, Recovered& recovered) {
  std::unique_ptr<leveldb::Iterator> it(database.NewIterator(read_options()));
  bool found = false;
  for (it->Seek(leveldb::Slice(kStatePrefix.data(), kStatePrefix.size())); it->Valid(); it->Next()) {
    const auto sequence = number_of(view(it->key()), kStatePrefix);
    if (!sequence) break;
    // Older ones are deleted in the batch that writes the next; LevelDB 1.23 may bring one back (finding F5).
    ASSIGN_OR_RETURN(recovered.record, decode_state(view(it->value())));
    recovered.sequence = *sequence;
    found = true;
  }
  RETURN_IF_ERROR(checked(it->status(), "log"));
  if (!found) return fail(ErrorCode::kCorruption, "log", "has no state record");
  return {};
}

/// One step along the chain.
Result<void> follow(Recovered& recovered, const EntryRecord& record) {
  const std::string where = "entry " + std::to_string(record.entry.index.value());
  if (record.entry.index != recovered.state.last.next()) {
    return fail(ErrorCode::kCorruption, "entry " + std::to_string(recovered.state.last.value() + 1),
                "is missing; the next one found is " + std::to_string(record.entry.index.value()));
  }
  if (record.previous_hash != recovered.hash) {
    return fail(ErrorCode::kCorruption, where, "does not follow the entry before it");
  }
  auto& runs = recovered.state.runs;
  const Term before = runs.empty() ? recovered.state.base.term : runs.back().term;
  if (record.entry.term < before)
    return fail(ErrorCode::kCorruption, where, "has a lower term than the one before it");
  if (runs.empty() || record.entry.term != before) runs.push_back({record.entry.index, record.entry.term});
  recovered.state.last = record.entry.index;
  recovered.hash = record.hash;
  ++recovered.entries;
  recovered.payload_bytes += record.entry.bytes().size();
  return {};
}

Result<void> read_entries(leveldb::DB& database, Recovered& recovered, const EntryVisitor& visit) {
  leveldb::ReadOptions options = read_options();
  options.fill_cache = false;
  std::unique_ptr<leveldb::Iterator> it(database.NewIterator(options));
  const std::string first = entry_key(recovered.state.base.index.next());
  for (it->Seek(first); it->Valid(); it->Next()) {
    const auto index = number_of(view(it->key()), kEntryPrefix);
    if (!index) break;
    ASSIGN_OR_RETURN(const EntryRecord record, decode_entry(Index(*index), view(it->value())));
    RETURN_IF_ERROR(follow(recovered, record));
    if (visit) visit(record.entry);
  }
  return checked(it->status(), "entry " + std::to_string(recovered.state.last.value() + 1));
}

}  // namespace

Result<std::optional<Recovered>> recover_log(leveldb::DB& database, const EntryVisitor& visit) {
  ASSIGN_OR_RETURN(const bool written, check_version(database));
  if (!written) return std::nullopt;
  Recovered recovered;
  RETURN_IF_ERROR(read_state(database, recovered));
  recovered.state.hard_state = recovered.record.hard_state;
  recovered.state.base = recovered.record.base;
  recovered.state.last = recovered.record.base.index;
  recovered.hash = recovered.record.base_hash;
  RETURN_IF_ERROR(read_entries(database, recovered, visit));
  if (recovered.state.last != recovered.record.last || recovered.hash != recovered.record.last_hash) {
    return fail(ErrorCode::kCorruption, "entry " + std::to_string(recovered.state.last.value() + 1),
                "the log ends at " + std::to_string(recovered.state.last.value()) +
                    " but its state record says " + std::to_string(recovered.record.last.value()));
  }
  return recovered;
}

}  // namespace raft
