#include "libkv/mvcc/database.h"

#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/write_batch.h>

#include <vector>

namespace kv {
namespace {

using raft::ErrorCode;

constexpr std::size_t kWriteBufferBytes = 32U << 20U;
constexpr std::size_t kTableBytesMax = 8U << 20U;

leveldb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
std::string_view view(const leveldb::Slice& slice) {
  return {slice.data(), slice.size()};
}

raft::Error to_error(const std::string& path, const leveldb::Status& status) {
  ErrorCode code = ErrorCode::kIo;
  if (status.IsCorruption()) code = ErrorCode::kCorruption;
  if (status.IsInvalidArgument()) code = ErrorCode::kInvalidArgument;
  return {.code = code, .where = path, .what = status.ToString()};
}

/// LevelDB as it must be run to be trusted: reliability.md F1 to F4, R2.
leveldb::Options options_for(leveldb::Env* env) {
  leveldb::Options options;
  options.env = env;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.reuse_logs = false;
  options.write_buffer_size = kWriteBufferBytes;
  options.max_file_size = kTableBytesMax;
  return options;
}

leveldb::ReadOptions reading(bool fill_cache) {
  leveldb::ReadOptions options;
  options.verify_checksums = true;
  options.fill_cache = fill_cache;
  return options;
}

}  // namespace

Database::Database(leveldb::Env* env, std::string path, std::unique_ptr<leveldb::DB> db)
    : env_(env), path_(std::move(path)), db_(std::move(db)) {}

Database::~Database() = default;

raft::Result<std::unique_ptr<Database>> Database::open(leveldb::Env* env, const std::string& path) {
  leveldb::DB* opened = nullptr;
  const leveldb::Status status = leveldb::DB::Open(options_for(env), path, &opened);
  std::unique_ptr<leveldb::DB> db(opened);
  if (!status.ok()) return raft::fail(to_error(path, status));
  return std::make_unique<Database>(env, path, std::move(db));
}

raft::Result<std::optional<std::string>> Database::get(std::string_view key) const {
  std::string value;
  const leveldb::Status status = db_->Get(reading(true), slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return raft::fail(to_error(path_, status));
  return std::optional<std::string>(std::move(value));
}

raft::Result<void> Database::write(leveldb::WriteBatch& batch) {
  const leveldb::Status status = db_->Write(leveldb::WriteOptions(), &batch);
  if (!status.ok()) return raft::fail(to_error(path_, status));
  return {};
}

raft::Result<void> Database::sync() {
  leveldb::WriteOptions options;
  options.sync = true;
  leveldb::WriteBatch nothing;
  const leveldb::Status status = db_->Write(options, &nothing);
  if (!status.ok()) return raft::fail(to_error(path_, status));
  return {};
}

raft::Result<void> Database::walk(std::string_view from, const Visit& visit) const {
  const std::unique_ptr<leveldb::Iterator> rows(db_->NewIterator(reading(false)));
  rows->Seek(slice(from));
  while (rows->Valid()) {
    ASSIGN_OR_RETURN(const Step step, visit(view(rows->key()), view(rows->value())));
    if (step.stop) return {};
    if (step.seek.empty()) {
      rows->Next();
    } else {
      rows->Seek(slice(step.seek));
    }
  }
  if (!rows->status().ok()) return raft::fail(to_error(path_, rows->status()));
  return {};
}

raft::Result<std::optional<std::pair<std::string, std::string>>> Database::last(
    std::string_view prefix) const {
  using Row = std::optional<std::pair<std::string, std::string>>;
  const std::unique_ptr<leveldb::Iterator> rows(db_->NewIterator(reading(false)));
  std::string behind(prefix);
  behind.append(32, '\xff');  // longer than any key of ours after its prefix
  rows->Seek(slice(behind));
  if (rows->Valid()) {
    rows->Prev();
  } else if (rows->status().ok()) {
    rows->SeekToLast();
  }
  if (!rows->status().ok()) return raft::fail(to_error(path_, rows->status()));
  if (!rows->Valid() || !view(rows->key()).starts_with(prefix)) return Row();
  return Row(std::pair(rows->key().ToString(), rows->value().ToString()));
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

}  // namespace kv
