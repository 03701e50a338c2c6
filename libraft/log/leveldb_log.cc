#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <utility>

#include "libraft/base/check.h"
#include "libraft/disk/database.h"
#include "libraft/disk/log_tail.h"
#include "libraft/log/keys.h"
#include "libraft/log/log_store.h"
#include "libraft/log/recover.h"

namespace raft {
namespace {

/// Entries that truncate_prefix removes in one write.
constexpr std::uint64_t kTruncateEntriesMax = 4096;

class LevelDbLog final : public LogStore {
 public:
  LevelDbLog(std::string path, std::unique_ptr<leveldb::DB> database, Recovered recovered)
      : path_(std::move(path)),
        database_(std::move(database)),
        opened_(std::move(recovered.state)),
        state_(recovered.record),
        sequence_(recovered.sequence) {}

  [[nodiscard]] const LogState& opened() const override { return opened_; }
  [[nodiscard]] Result<void> append(const LogBatch& batch) override;
  [[nodiscard]] Result<std::vector<Entry>> read(Index first, Index last,
                                                std::size_t bytes_max) const override;
  [[nodiscard]] Result<void> truncate_prefix(EntryId base) override;

 private:
  Result<EntryRecord> read_one(Index index) const;
  Result<void> replace_suffix(Index first, leveldb::WriteBatch& write, StateRecord& state) const;
  void put_state(const StateRecord& state, leveldb::WriteBatch& write);
  Result<void> commit(leveldb::WriteBatch& write, const StateRecord& state);

  const std::string path_;
  const std::unique_ptr<leveldb::DB> database_;
  const LogState opened_;

  // Writer thread only.
  StateRecord state_;
  std::uint64_t sequence_;
  std::string scratch_;
  std::optional<Error> failed_;
};

Result<EntryRecord> LevelDbLog::read_one(Index index) const {
  std::string bytes;
  RETURN_IF_ERROR(checked(database_->Get(read_options(), entry_key(index), &bytes), path_));
  return decode_entry(index, bytes);
}

Result<void> LevelDbLog::replace_suffix(Index first, leveldb::WriteBatch& write, StateRecord& state) const {
  RAFT_CHECK(first > state.base.index);
  for (Index index = first; index <= state.last; index = index.next()) write.Delete(entry_key(index));
  state.last = first.previous();
  if (state.last == state.base.index) {
    state.last_hash = state.base_hash;
    return {};
  }
  ASSIGN_OR_RETURN(const EntryRecord kept, read_one(state.last));
  state.last_hash = kept.hash;
  return {};
}

void LevelDbLog::put_state(const StateRecord& state, leveldb::WriteBatch& write) {
  // Never the same key twice: an overwritten key can come back in LevelDB 1.23 (finding F5).
  write.Delete(state_key(sequence_));
  write.Put(state_key(++sequence_), encode_state(state));
}

Result<void> LevelDbLog::commit(leveldb::WriteBatch& write, const StateRecord& state) {
  leveldb::WriteOptions options;
  options.sync = true;
  if (auto written = checked(database_->Write(options, &write), path_); !written) {
    failed_ = written.error();
    return written;
  }
  state_ = state;
  return {};
}

Result<void> LevelDbLog::append(const LogBatch& batch) {
  if (failed_) return fail(*failed_);
  leveldb::WriteBatch write;
  StateRecord state = state_;
  if (batch.hard_state) state.hard_state = *batch.hard_state;
  if (!batch.entries.empty() && batch.entries.front().index <= state.last) {
    RETURN_IF_ERROR(replace_suffix(batch.entries.front().index, write, state));
  }
  for (const Entry& entry : batch.entries) {
    RAFT_CHECK(entry.index == state.last.next());
    scratch_.clear();
    state.last_hash = encode_entry(entry, state.last_hash, scratch_);
    state.last = entry.index;
    write.Put(entry_key(entry.index), scratch_);
  }
  put_state(state, write);
  return commit(write, state);
}

Result<std::vector<Entry>> LevelDbLog::read(Index first, Index last, std::size_t bytes_max) const {
  leveldb::ReadOptions options = read_options();
  options.fill_cache = false;
  std::unique_ptr<leveldb::Iterator> it(database_->NewIterator(options));
  std::vector<Entry> entries;
  std::size_t bytes = 0;
  std::optional<std::uint64_t> previous_hash;
  for (it->Seek(entry_key(first)); it->Valid(); it->Next()) {
    const Index expected = first + entries.size();
    const auto index = number_of({it->key().data(), it->key().size()}, kEntryPrefix);
    if (index != expected.value()) break;
    ASSIGN_OR_RETURN(EntryRecord record, decode_entry(expected, {it->value().data(), it->value().size()}));
    if (previous_hash && record.previous_hash != *previous_hash) {
      return fail(ErrorCode::kCorruption, path_ + " entry " + std::to_string(*index),
                  "does not follow the one before");
    }
    previous_hash = record.hash;
    bytes += record.entry.bytes().size();
    if (!entries.empty() && bytes > bytes_max) return entries;
    entries.push_back(std::move(record.entry));
    if (expected == last) return entries;
  }
  RETURN_IF_ERROR(checked(it->status(), path_));
  return fail(ErrorCode::kCorruption, path_ + " entry " + std::to_string((first + entries.size()).value()),
              "is missing");
}

Result<void> LevelDbLog::truncate_prefix(EntryId base) {
  if (failed_) return fail(*failed_);
  RAFT_CHECK(base.index <= state_.last);
  if (base.index <= state_.base.index) return {};
  ASSIGN_OR_RETURN(const EntryRecord last_dropped, read_one(base.index));
  RAFT_CHECK(last_dropped.entry.term == base.term);
  StateRecord state = state_;
  const Index first = state.base.index.next();
  state.base = base;
  state.base_hash = last_dropped.hash;
  // The new base first: entries before it mean nothing, whether or not they are still there.
  leveldb::WriteBatch write;
  put_state(state, write);
  RETURN_IF_ERROR(commit(write, state));
  for (Index from = first; from <= base.index; from = from + kTruncateEntriesMax) {
    leveldb::WriteBatch removal;
    const Index to = std::min(base.index, from + (kTruncateEntriesMax - 1));
    for (Index index = from; index <= to; index = index.next()) removal.Delete(entry_key(index));
    if (auto removed = checked(database_->Write({}, &removal), path_); !removed) {
      failed_ = removed.error();
      return removed;
    }
  }
  return {};
}

Result<void> initialise(leveldb::DB& database, const std::string& path) {
  leveldb::WriteBatch write;
  write.Put(leveldb::Slice(kVersionKey.data(), kVersionKey.size()),
            std::string(1, static_cast<char>(kLogFormat)));
  write.Put(state_key(1), encode_state({}));
  leveldb::WriteOptions options;
  options.sync = true;
  return checked(database.Write(options, &write), path);
}

}  // namespace

Result<std::unique_ptr<LogStore>> open_log_store(const LogOptions& options) {
  // Works on files, so only where the env does; an env in memory has no torn tails to cut here.
  if (std::filesystem::is_directory(options.path)) RETURN_IF_ERROR(repair_log_tail(options.path));
  leveldb::DB* raw = nullptr;
  const leveldb::Status opened = leveldb::DB::Open(database_options(options.env), options.path, &raw);
  std::unique_ptr<leveldb::DB> database(raw);
  RETURN_IF_ERROR(checked(opened, options.path));
  ASSIGN_OR_RETURN(auto recovered, recover_log(*database));
  if (!recovered) {
    RETURN_IF_ERROR(initialise(*database, options.path));
    recovered = Recovered{.sequence = 1};
  }
  return std::make_unique<LevelDbLog>(options.path, std::move(database), std::move(*recovered));
}

}  // namespace raft
