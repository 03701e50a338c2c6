#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/write_batch.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "libraft/base/check.h"
#include "libraft/base/mutant.h"
#include "libraft/disk/database.h"
#include "libraft/log/keys.h"
#include "libraft/log/log_store.h"
#include "libraft/log/recover.h"

namespace raft {
namespace {

/// Dropped entries that each write removes beside its own work: many more than one write adds, and still too
/// few for anyone to wait for.
constexpr std::uint64_t kSweepEntriesMax = 1024;

/// Every write is synced, also one that nobody waits for: then there is never more than one record that a
/// power cut can tear, and a torn record with a whole one behind it is damage.
leveldb::WriteOptions synced() {
  leveldb::WriteOptions options;
  options.sync = !RAFT_MUTANT(kLogNotSynced);
  return options;
}

class LevelDbLog final : public LogStore {
 public:
  LevelDbLog(std::string path, std::unique_ptr<leveldb::DB> database, Recovered recovered)
      : path_(std::move(path)),
        database_(std::move(database)),
        opened_(std::move(recovered.state)),
        state_(recovered.record) {}

  [[nodiscard]] const LogState& opened() const override { return opened_; }
  [[nodiscard]] Result<void> append(const LogBatch& batch) override;
  [[nodiscard]] Result<std::vector<Entry>> read(Index first, Index last,
                                                std::size_t bytes_max) const override;
  [[nodiscard]] Result<void> truncate_prefix(EntryId base) override;

 private:
  Result<EntryRecord> read_one(Index index) const;
  [[nodiscard]] Error placed(Error error) const;
  void remove_entries(Index first, Index last);
  Result<void> replace_suffix(Index first, StateRecord& state);
  Result<void> commit(StateRecord state);
  void sweep();
  Result<void> failed(Error error);

  const std::string path_;
  const std::unique_ptr<leveldb::DB> database_;
  const LogState opened_;

  // Writer thread only. Reused, so that a batch allocates nothing once they have grown.
  StateRecord state_;
  leveldb::WriteBatch write_;
  std::string scratch_;
  std::optional<Error> failed_;
  // Entries at or before the base that are still to be removed: [swept_.next(), dropped_].
  Index swept_;
  Index dropped_;
};

Error LevelDbLog::placed(Error error) const {
  error.where = path_ + ": " + error.where;
  return error;
}

Result<EntryRecord> LevelDbLog::read_one(Index index) const {
  std::string bytes;
  RETURN_IF_ERROR(checked(database_->Get(read_options(), entry_key(index), &bytes), path_));
  auto record = decode_entry(index, bytes);
  if (!record) return fail(placed(std::move(record.error())));
  return record;
}

void LevelDbLog::remove_entries(Index first, Index last) {
  for (Index index = first; index <= last; index = index.next()) write_.Delete(entry_key(index));
}

Result<void> LevelDbLog::replace_suffix(Index first, StateRecord& state) {
  RAFT_CHECK(first > state.base.index);
  if (!RAFT_MUTANT(kConflictLeavesEntries)) remove_entries(first, state.last);
  state.last = first.previous();
  if (state.last == state.base.index) {
    state.last_hash = state.base_hash;
    return {};
  }
  ASSIGN_OR_RETURN(const EntryRecord kept, read_one(state.last));
  state.last_hash = kept.hash;
  return {};
}

Result<void> LevelDbLog::failed(Error error) {
  failed_ = std::move(error);
  return fail(*failed_);
}

/// The batch so far and the new state, synced. The state comes last: it carries the end mark.
Result<void> LevelDbLog::commit(StateRecord state) {
  sweep();
  // Never the same key twice: an overwritten key can come back in LevelDB 1.23 (finding F5).
  write_.Delete(state_key(state_.sequence));
  state.sequence = state_.sequence + 1;
  scratch_.clear();
  encode_state(state, scratch_);
  write_.Put(state_key(state.sequence), scratch_);
  auto written = checked(database_->Write(synced(), &write_), path_);
  if (!written && !RAFT_MUTANT(kGoOnAfterError)) return failed(std::move(written.error()));
  state_ = state;
  return {};
}

Result<void> LevelDbLog::append(const LogBatch& batch) {
  if (failed_) return fail(*failed_);
  if (batch.empty()) return {};
  write_.Clear();
  StateRecord state = state_;
  const bool dropped = RAFT_MUTANT(kHardStateDropped) && !batch.entries.empty();
  if (batch.hard_state && !dropped) state.hard_state = *batch.hard_state;
  if (!batch.entries.empty() && batch.entries.front().index <= state.last) {
    if (auto replaced = replace_suffix(batch.entries.front().index, state); !replaced) {
      return failed(std::move(replaced.error()));
    }
  }
  for (const Entry& entry : batch.entries) {
    RAFT_CHECK(entry.index == state.last.next());
    scratch_.clear();
    state.last_hash = encode_entry(entry, state.last_hash, scratch_);
    state.last = entry.index;
    write_.Put(entry_key(entry.index), scratch_);
  }
  return commit(state);
}

Result<std::vector<Entry>> LevelDbLog::read(Index first, Index last, std::size_t bytes_max) const {
  leveldb::ReadOptions options = read_options();
  options.fill_cache = false;
  const std::unique_ptr<leveldb::Iterator> it(database_->NewIterator(options));
  std::vector<Entry> entries;
  std::size_t bytes = 0;
  std::optional<std::uint64_t> previous_hash;
  for (it->Seek(entry_key(first)); it->Valid(); it->Next()) {
    const Index expected = first + entries.size();
    const auto index = number_of({it->key().data(), it->key().size()}, kEntryPrefix);
    if (index != expected.value()) break;
    auto record = decode_entry(expected, {it->value().data(), it->value().size()});
    if (!record) return fail(placed(std::move(record.error())));
    if (previous_hash && record->previous_hash != *previous_hash) {
      return fail(ErrorCode::kCorruption, path_ + ": entry " + std::to_string(*index),
                  "does not follow the entry before it");
    }
    previous_hash = record->hash;
    bytes += record->entry.bytes().size();
    if (!entries.empty() && bytes > bytes_max) return entries;
    entries.push_back(std::move(record->entry));
    if (expected == last) return entries;
  }
  const std::string where = path_ + ": entry " + std::to_string((first + entries.size()).value());
  RETURN_IF_ERROR(checked(it->status(), where));
  return fail(ErrorCode::kCorruption, where, "is missing");
}

Result<void> LevelDbLog::truncate_prefix(EntryId base) {
  if (failed_) return fail(*failed_);
  if (base.index <= state_.base.index || RAFT_MUTANT(kBaseNotPersisted)) return {};
  write_.Clear();
  StateRecord state = state_;
  const Index first = state.base.index.next();
  state.base = base;
  bool kept = false;  // the base is an entry of this log, so what follows it is too
  if (base.index <= state.last) {
    auto entry = read_one(base.index);
    if (!entry) return failed(std::move(entry.error()));
    kept = entry->entry.term == base.term;
    state.base_hash = entry->hash;
  }
  if (!kept) {
    // A snapshot took the log's place: a new chain begins behind it.
    remove_entries(base.index.next(), state.last);
    state.base_hash = 0;
    state.last = base.index;
    state.last_hash = 0;
  }
  const Index last = std::min(base.index, state_.last);
  // The new base first: entries before it mean nothing, whether or not they are still there. Later writes
  // remove them bit by bit, so that nobody waits for a hundred thousand deletions.
  RETURN_IF_ERROR(commit(state));
  if (swept_ == dropped_) swept_ = first.previous();
  dropped_ = last;
  return {};
}

/// Adds some of the removals that are due to the write under way.
void LevelDbLog::sweep() {
  if (swept_ == dropped_) return;
  const Index last = std::min(dropped_, swept_ + kSweepEntriesMax);
  remove_entries(swept_.next(), last);
  swept_ = last;
}

/// The format and the first state, when the database is new.
Result<void> initialise(leveldb::DB& database, const LogOptions& options, Recovered& recovered) {
  StateRecord& state = recovered.record;
  state.sequence = 1;
  state.hard_state.term = options.first_base.term;
  state.base = options.first_base;
  state.last = options.first_base.index;
  recovered.state.hard_state = state.hard_state;
  recovered.state.base = state.base;
  recovered.state.last = state.last;
  std::string record;
  encode_state(state, record);
  leveldb::WriteBatch write;
  write.Put(leveldb::Slice(kVersionKey.data(), kVersionKey.size()),
            std::string(1, static_cast<char>(kLogFormat)));
  write.Put(state_key(state.sequence), record);
  return checked(database.Write(synced(), &write), options.path);
}

/// Removes what a truncation had no time to.
Result<void> remove_leftovers(leveldb::DB& database, const std::string& path, Index base) {
  const std::unique_ptr<leveldb::Iterator> it(database.NewIterator(read_options()));
  leveldb::WriteBatch write;
  const std::string end = entry_key(base.next());
  for (it->Seek(entry_key(Index(0))); it->Valid() && it->key().compare(end) < 0; it->Next()) {
    write.Delete(it->key());
  }
  RETURN_IF_ERROR(checked(it->status(), path));
  return checked(database.Write(synced(), &write), path);
}

/// What the files hold, read without changing them: a log that cannot be trusted stays as it was found. Only
/// where there is no database at all may one be made: no error of reading one is taken for its absence.
Result<Recovered> look(const LogOptions& options) {
  leveldb::FileLock* lock = nullptr;
  const std::string lock_path = options.path + "/LOCK";
  RETURN_IF_ERROR(checked(options.env->LockFile(lock_path, &lock), options.path));
  auto recovered = holds_database(*options.env, options.path) ? verify_log(*options.env, options.path)
                                                              : Result<Recovered>(Recovered{.fresh = true});
  RETURN_IF_ERROR(checked(options.env->UnlockFile(lock), lock_path));
  return recovered;
}

}  // namespace

Result<std::unique_ptr<LogStore>> open_log_store(const LogOptions& options) {
  RETURN_IF_ERROR(checked(options.env->CreateDir(options.path), options.path));
  ASSIGN_OR_RETURN(Recovered recovered, look(options));
  leveldb::Options opening = database_options(options.env);
  opening.write_buffer_size = options.write_buffer_bytes;
  auto database = open_database(opening, options.path, LogPolicy::kAcknowledged);
  if (!database) return fail(std::move(database.error()));
  if (recovered.fresh) {
    RETURN_IF_ERROR(initialise(**database, options, recovered));
  } else if (recovered.leftovers > 0) {
    RETURN_IF_ERROR(remove_leftovers(**database, options.path, recovered.state.base.index));
  }
  return std::make_unique<LevelDbLog>(options.path, std::move(*database), std::move(recovered));
}

}  // namespace raft
