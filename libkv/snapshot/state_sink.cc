#include "libkv/snapshot/state_sink.h"

#include <leveldb/write_batch.h>

#include "libkv/mvcc/configuration_row.h"
#include "libkv/mvcc/record.h"
#include "libraft/base/check.h"

namespace kv {
namespace {

using raft::ErrorCode;

/// Rows are written in batches of about so much: bounded memory, few calls.
constexpr std::size_t kBatchBytes = 1U << 20U;

std::string hex(std::uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  do {
    text.insert(text.begin(), kDigits[value & 15U]);
    value >>= 4U;
  } while (value != 0);
  return text;
}

}  // namespace

/// LevelDB's header stays in this file.
class StateSink::Rows {
 public:
  leveldb::WriteBatch batch;
};

StateSink::StateSink(StateSinkOptions options)
    : options_(std::move(options)),
      reader_({.header = [this](const SnapshotHeader& header) { return begin(header); },
               .row = [this](std::string_view key, std::string_view value) { return row(key, value); }},
              options_.envelope),
      rows_(std::make_unique<Rows>()) {}

StateSink::~StateSink() {
  store_.reset();
  database_.reset();
  // What stays behind after an error is no state (it has no format row) and is removed at the next open.
  if (began_ && !taken_) static_cast<void>(remove_database(*options_.env, options_.path));
}

raft::Result<void> StateSink::write(std::string_view bytes) {
  return reader_.push(bytes);
}

raft::Result<void> StateSink::begin(const SnapshotHeader& header) {
  if (header.cluster_id != options_.cluster_id) {
    return raft::fail(
        ErrorCode::kMismatch, "the snapshot",
        "is of cluster " + hex(header.cluster_id) + ", this is cluster " + hex(options_.cluster_id));
  }
  began_ = true;
  RETURN_IF_ERROR(remove_database(*options_.env, options_.path));
  ASSIGN_OR_RETURN(database_, Database::open(options_.env, options_.path, options_.write_buffer_bytes));
  return {};
}

raft::Result<void> StateSink::row(std::string_view key, std::string_view value) {
  if (key == kFormatKey || key.starts_with(kConfigurationPrefix)) {
    return raft::fail(ErrorCode::kCorruption, "byte " + std::to_string(reader_.bytes()),
                      "a row that belongs into the header");
  }
  if (key.starts_with(kRecordPrefix)) {
    ASSIGN_OR_RETURN(const ParsedKey parsed, parse_key(key));
    marked_ = parsed.mark;
    if (marked_) {
      ASSIGN_OR_RETURN(mark_, decode_mark(value));
    }
  }
  rows_->batch.Put({key.data(), key.size()}, {value.data(), value.size()});
  if (rows_->batch.ApproximateSize() >= kBatchBytes) return write_rows();
  return {};
}

raft::Result<void> StateSink::write_rows() {
  RETURN_IF_ERROR(database_->write(rows_->batch));
  rows_->batch.Clear();
  return {};
}

raft::Result<SnapshotHeader> StateSink::finish() {
  auto whole = reader_.finish();
  if (!whole) return raft::fail(std::move(whole.error()));
  const SnapshotHeader& header = *reader_.header();
  if (!marked_ || mark_.applied != header.last || mark_.revision != header.revision ||
      mark_.compacted != header.compacted) {
    return raft::fail(ErrorCode::kCorruption, "byte " + std::to_string(reader_.bytes()),
                      "the state is not the one that the header names");
  }
  RETURN_IF_ERROR(close_state());
  return header;
}

raft::Result<void> StateSink::close_state() {
  const raft::Configuration& configuration = reader_.header()->configuration;
  if (configuration.index.value() > 0) {
    const auto [key, value] = configuration_row(configuration);
    rows_->batch.Put(key, value);
  }
  RETURN_IF_ERROR(write_rows());
  // Last: a directory without it is no state.
  rows_->batch.Put(std::string(kFormatKey), std::string(1, static_cast<char>(kStateFormat)));
  RETURN_IF_ERROR(write_rows());
  RETURN_IF_ERROR(database_->sync());
  ASSIGN_OR_RETURN(store_,
                   Store::open_in(std::move(database_), {.env = options_.env,
                                                         .path = options_.path,
                                                         .value_cache_bytes = options_.value_cache_bytes,
                                                         .first_rows = {},
                                                         .first = {}}));
  return {};
}

std::unique_ptr<Store> StateSink::take() {
  RAFT_CHECK(store_ != nullptr);
  taken_ = true;
  return std::move(store_);
}

}  // namespace kv
