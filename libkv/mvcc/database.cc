#include "libkv/mvcc/database.h"

#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/write_batch.h>

#include <algorithm>
#include <vector>

#include "libkv/mvcc/record.h"
#include "libkv/mvcc/slice.h"
#include "libraft/base/mutant.h"
#include "libraft/disk/database.h"

namespace kv {
namespace {

/// How many pieces reclaim does its work in.
constexpr std::int64_t kReclaimSlices = 64;

/// A walk reads each block once: it would only drop what the block cache holds.
leveldb::ReadOptions walking() {
  leveldb::ReadOptions options = raft::read_options();
  options.fill_cache = false;
  return options;
}

}  // namespace

Database::Database(leveldb::Env* env, std::string path, std::unique_ptr<leveldb::DB> db)
    : env_(env), path_(std::move(path)), db_(std::move(db)) {}

Database::~Database() = default;

raft::Result<std::unique_ptr<Database>> Database::open(leveldb::Env* env, const std::string& path,
                                                       std::size_t write_buffer_bytes) {
  // What the logs hold beyond the last whole batch was never acknowledged by this state: the raft log has it.
  leveldb::Options options = raft::database_options(env);
  options.write_buffer_size = write_buffer_bytes;
  ASSIGN_OR_RETURN(auto db, raft::open_database(options, path, raft::LogPolicy::kRebuildable));
  return std::make_unique<Database>(env, path, std::move(db));
}

raft::Result<std::optional<std::string>> Database::get(std::string_view key) const {
  std::string value;
  const leveldb::Status status = db_->Get(raft::read_options(), slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  RETURN_IF_ERROR(placed(status));
  return std::optional<std::string>(std::move(value));
}

raft::Result<void> Database::placed(const leveldb::Status& status) const {
  if (status.IsCorruption()) RETURN_IF_ERROR(raft::check_tables(*env_, path_, db_.get()));
  return raft::checked(status, path_);
}

raft::Result<void> Database::write(leveldb::WriteBatch& batch) {
  return raft::checked(db_->Write(leveldb::WriteOptions(), &batch), path_);
}

raft::Result<void> Database::sync() {
  if (RAFT_MUTANT(kTrimBeforeDurable)) return {};
  leveldb::WriteOptions options;
  options.sync = true;
  leveldb::WriteBatch nothing;
  return raft::checked(db_->Write(options, &nothing), path_);
}

raft::Result<void> Database::walk(std::string_view from, const Visit& visit) const {
  const std::unique_ptr<leveldb::Iterator> rows(db_->NewIterator(walking()));
  rows->Seek(slice(from));
  while (rows->Valid()) {
    ASSIGN_OR_RETURN(const Step step, visit(view(rows->key()), view(rows->value())));
    // LevelDB steps over a block that it cannot read, and only its status says so.
    if (step.stop) return placed(rows->status());
    if (step.seek.empty()) {
      rows->Next();
    } else {
      rows->Seek(slice(step.seek));
    }
  }
  return placed(rows->status());
}

/// The revisions of the first and the last row of records; nothing when there is none.
raft::Result<std::optional<Database::Revisions>> Database::revisions() const {
  const std::unique_ptr<leveldb::Iterator> rows(db_->NewIterator(walking()));
  Revisions all;
  rows->Seek(slice(kRecordPrefix));
  const bool any = rows->Valid();
  if (any) {
    ASSIGN_OR_RETURN(const ParsedKey key, parse_key(view(rows->key())));
    all.first = key.revision.main;
    rows->SeekToLast();
  }
  if (any && rows->Valid()) {
    ASSIGN_OR_RETURN(const ParsedKey key, parse_key(view(rows->key())));
    all.last = key.revision.main;
  }
  RETURN_IF_ERROR(raft::checked(rows->status(), path_));
  return any ? std::optional(all) : std::nullopt;
}

/// Rewrites the files between two keys, all of them: LevelDB leaves those of the lowest level as they are
/// unless something comes from above, so rows that never were are deleted at both ends.
raft::Result<void> Database::rewrite(const std::string& begin, const std::string& end) {
  leveldb::WriteBatch nothing;
  nothing.Delete(slice(begin + '\0'));
  nothing.Delete(slice(end + '\0'));
  RETURN_IF_ERROR(write(nothing));
  const leveldb::Slice from = slice(begin);
  const leveldb::Slice to = slice(end);
  db_->CompactRange(&from, &to);
  return {};
}

raft::Result<void> Database::reclaim(const std::function<bool()>& go_on) {
  ASSIGN_OR_RETURN(const auto all, revisions());
  if (!all) return {};
  // What is in memory becomes a file, which is then rewritten with the others.
  const leveldb::Slice nowhere;
  db_->CompactRange(&nowhere, &nowhere);
  // Rows are in order of revision, so that a slice of revisions is a slice of the files. What was compacted
  // lies before the first row: the first slice begins at the beginning of all.
  const std::int64_t step = (all->last - all->first) / kReclaimSlices + 1;
  std::string begin(kRecordPrefix);
  for (std::int64_t at = all->first; at <= all->last && go_on(); at += step) {
    const std::string end = record_key({at + step, 0});
    RETURN_IF_ERROR(rewrite(begin, end));
    begin = end;
  }
  return {};
}

std::uint64_t Database::bytes_on_disk() const {
  std::vector<std::string> files;
  if (!env_->GetChildren(path_, &files).ok()) return 0;
  std::uint64_t total = 0;
  for (const std::string& file : files) {
    std::uint64_t bytes = 0;
    // A file that a compaction just removed counts as nothing.
    if (file != "." && file != ".." && env_->GetFileSize(path_ + "/" + file, &bytes).ok()) total += bytes;
  }
  return total;
}

raft::Result<void> remove_database(leveldb::Env& env, const std::string& path) {
  std::vector<std::string> files;
  const leveldb::Status listed = env.GetChildren(path, &files);
  if (listed.IsNotFound()) return {};
  RETURN_IF_ERROR(raft::checked(listed, path));
  std::erase_if(files, [](const std::string& file) { return file == "." || file == ".."; });
  std::stable_partition(files.begin(), files.end(),
                        [](const std::string& file) { return file == "CURRENT"; });
  for (const std::string& file : files) {
    RETURN_IF_ERROR(raft::checked(env.RemoveFile(path + "/" + file), path + "/" + file));
  }
  // An empty directory that stays does no harm.
  env.RemoveDir(path);
  return {};
}

}  // namespace kv
