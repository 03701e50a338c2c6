#include "libkv/mvcc/frozen_rows.h"

#include <leveldb/db.h>
#include <leveldb/iterator.h>

#include "libkv/mvcc/slice.h"
#include "libraft/disk/database.h"

namespace kv {

FrozenRows::FrozenRows(leveldb::DB& database, std::string place, std::shared_ptr<const void> owner)
    : owner_(std::move(owner)),
      database_(database),
      place_(std::move(place)),
      snapshot_(database.GetSnapshot()) {}

FrozenRows::~FrozenRows() {
  at_.reset();
  database_.ReleaseSnapshot(snapshot_);
}

std::unique_ptr<leveldb::Iterator> FrozenRows::iterator() const {
  leveldb::ReadOptions options = raft::read_options();
  options.snapshot = snapshot_;
  options.fill_cache = false;  // each block is read once: it would only drop what the cache holds
  return std::unique_ptr<leveldb::Iterator>(database_.NewIterator(options));
}

raft::Result<std::optional<std::string>> FrozenRows::get(std::string_view key) const {
  leveldb::ReadOptions options = raft::read_options();
  options.snapshot = snapshot_;
  std::string value;
  const leveldb::Status status = database_.Get(options, slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return raft::fail(raft::database_error(status, place_));
  return std::optional<std::string>(std::move(value));
}

raft::Result<std::optional<std::pair<std::string, std::string>>> FrozenRows::last(
    std::string_view prefix) const {
  using Row = std::optional<std::pair<std::string, std::string>>;
  const auto rows = iterator();
  std::string behind(prefix);
  behind.append(32, '\xff');  // longer than any key of ours after its prefix
  rows->Seek(slice(behind));
  if (rows->Valid()) {
    rows->Prev();
  } else if (rows->status().ok()) {
    rows->SeekToLast();
  }
  if (!rows->status().ok()) return raft::fail(raft::database_error(rows->status(), place_));
  if (!rows->Valid() || !view(rows->key()).starts_with(prefix)) return Row();
  return Row(std::pair(rows->key().ToString(), rows->value().ToString()));
}

void FrozenRows::seek(std::string_view key) {
  if (at_ == nullptr) at_ = iterator();
  at_->Seek(slice(key));
}

void FrozenRows::next() {
  at_->Next();
}

bool FrozenRows::valid() const {
  return at_ != nullptr && at_->Valid();
}

std::string_view FrozenRows::key() const {
  return view(at_->key());
}

std::string_view FrozenRows::value() const {
  return view(at_->value());
}

raft::Result<void> FrozenRows::status() const {
  if (at_ == nullptr) return {};
  return raft::checked(at_->status(), place_);
}

}  // namespace kv
