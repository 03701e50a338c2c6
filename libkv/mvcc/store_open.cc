// Making a new state, or recovering the one that is there.
#include "libkv/mvcc/recover.h"
#include "libkv/mvcc/store.h"
#include "libkv/mvcc/store_batch.h"
#include "libraft/disk/database.h"

namespace kv {
namespace {

/// The format, the first rows of the other tables and the first mark, in one batch.
raft::Result<Ledger> create(const StoreOptions& options, Database& database) {
  Ledger ledger;
  ledger.mark.applied = options.first;
  ledger.marks.push_back({.revision = ledger.mark.revision, .batch = 1});
  leveldb::WriteBatch rows;
  const char format = static_cast<char>(kStateFormat);
  rows.Put(std::string(kFormatKey), {&format, 1});
  for (const auto& [key, value] : options.first_rows) rows.Put(key, value);
  rows.Put(mark_key(ledger.mark.revision, 1), encode_mark(ledger.mark));
  RETURN_IF_ERROR(database.write(rows));
  return ledger;
}

/// Of all tables but the records, which have a chain of their own.
raft::Result<RowHashes> hash_rows(const Database& database) {
  RowHashes hashes;
  std::string behind_records(kRecordPrefix);
  ++behind_records.back();
  RETURN_IF_ERROR(
      database.walk("", [&](std::string_view key, std::string_view value) -> raft::Result<Database::Step> {
        if (key.starts_with(kRecordPrefix)) return Database::Step{.stop = false, .seek = behind_records};
        if (key != kFormatKey) hashes.put(key, value);
        return Database::Step{};
      }));
  return hashes;
}

}  // namespace

raft::Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options) {
  ASSIGN_OR_RETURN(auto database, Database::open(options.env, options.path, options.write_buffer_bytes));
  return open_in(std::move(database), options);
}

raft::Result<std::unique_ptr<Store>> Store::open_in(std::unique_ptr<Database> database,
                                                    const StoreOptions& options) {
  ASSIGN_OR_RETURN(const bool fresh, is_new_state(*database));
  auto core = std::make_shared<StoreCore>(std::move(database), options.value_cache_bytes);
  auto ledger = fresh ? create(options, *core->database) : recover(*core->database, core->index);
  if (!ledger) {
    raft::Error& error = ledger.error();
    // LevelDB steps over a block that it cannot read: what is missed may be a damaged table.
    if (error.code == raft::ErrorCode::kCorruption) {
      RETURN_IF_ERROR(raft::check_tables(*options.env, options.path, &core->database->rows()));
    }
    const bool has_path = error.where.starts_with(options.path);
    return raft::fail(error.code, has_path ? error.where : options.path + ": " + error.where, error.what);
  }
  ASSIGN_OR_RETURN(RowHashes hashes, hash_rows(*core->database));
  return std::make_unique<Store>(std::move(core), std::move(*ledger), std::move(hashes));
}

}  // namespace kv
