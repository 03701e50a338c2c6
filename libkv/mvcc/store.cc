#include "libkv/mvcc/store.h"

#include <leveldb/write_batch.h>

#include <algorithm>

#include "libkv/mvcc/store_batch.h"
#include "libraft/base/check.h"
#include "libraft/base/mutant.h"

namespace kv {
namespace {

/// Files are measured again after so many bytes; in between the writes are added up.
constexpr std::uint64_t kMeasureEveryBytes = 4U << 20U;

}  // namespace

Store::Store(std::shared_ptr<StoreCore> core, Ledger ledger, RowHashes row_hashes)
    : core_(std::move(core)),
      ledger_(std::move(ledger)),
      row_hashes_(std::move(row_hashes)),
      batch_(std::make_unique<Batch>()) {
  if (ledger_.mark.compacted > kNeverCompacted) compaction_.start(ledger_.mark.compacted);
  bytes_on_disk_ = core_->database->bytes_on_disk();
  publish();
}

Store::~Store() = default;

Sight Store::sight() const {
  return {.index = core_->index.view(),
          .revision = revision(),
          .compacted = ledger_.mark.compacted,
          .records = RecordReader(*core_->database, core_->cache, &pending_)};
}

std::int64_t Store::revision() const {
  return ledger_.mark.revision + (changes_ > 0 ? 1 : 0);
}

std::expected<RangeResult, ReadFault> Store::range(const RangeOp& op) const {
  return read_range(sight(), op);
}

bool Store::exists(std::string_view key) const {
  const Entry* const entry = core_->index.view().find(key);
  return entry != nullptr && entry->deleted == 0;
}

raft::Result<std::optional<KeyValue>> Store::get(std::string_view key) const {
  const Entry* const entry = core_->index.view().find(key);
  if (entry == nullptr || entry->deleted != 0) return std::optional<KeyValue>();
  KeyValue kv;
  kv.key = key;
  const WantedRecord wanted{.revision = entry->revision(), .key = key, .out = &kv};
  RETURN_IF_ERROR(sight().records.read({&wanted, 1}));
  return std::optional<KeyValue>(std::move(kv));
}

void Store::begin_request() {
  RAFT_CHECK(!in_request_);
  in_request_ = true;
  changes_ = 0;
}

void Store::end_request() {
  RAFT_CHECK(in_request_);
  if (changes_ > 0) ++ledger_.mark.revision;
  in_request_ = false;
  changes_ = 0;
}

void Store::put(std::string_view key, std::string value, std::int64_t lease) {
  RAFT_CHECK(in_request_);
  write_change(key, std::move(value), {.lease = lease, .deleted = false});
}

std::int64_t Store::delete_range(std::string_view key, std::string_view range_end) {
  RAFT_CHECK(in_request_);
  const KeyRange range = key_range(key, range_end);
  std::vector<std::string> keys;  // copied: the first deletion moves the index under a cursor
  if (range.kind == KeyRange::Kind::kOne) {
    if (exists(key)) keys.emplace_back(key);
  } else if (const std::uint64_t count = core_->index.view().count_live(range); count != 0) {
    keys.reserve(count);
    for (IndexCursor at = core_->index.view().seek(range.begin); keys.size() < count; at.next()) {
      if (at.entry().deleted == 0) keys.emplace_back(at.key());
    }
  }
  for (const std::string& doomed : keys) {
    write_change(doomed, {}, {.lease = 0, .deleted = true});
  }
  return static_cast<std::int64_t>(keys.size());
}

void Store::write_change(std::string_view key, std::string value, const Write& write) {
  const Revision revision{ledger_.mark.revision + 1, changes_++};
  NewVersion version{.revision = revision, .lease = write.lease, .deleted = write.deleted};
  core_->index.record(key, [&](const Entry* before) {
    const bool creates = before == nullptr || before->deleted != 0;
    if (const std::int64_t from = creates ? 0 : before->lease; from != write.lease) {
      lease_moves_.push_back({.key = std::string(key), .from = from, .to = write.lease});
    }
    if (!write.deleted) {
      version.create = creates ? revision.main : before->create;
      version.version = creates ? 1 : before->version + 1;
    }
    const Record record{.key = key,
                        .value = value,
                        .create = version.create,
                        .version = version.version,
                        .lease = version.lease,
                        .deleted = version.deleted};
    if (collected_.how != Collect::kNothing) collect_change(record, revision, before);
    append_record(record, version);
    return version;
  });
  if (write.deleted) return;
  pending_.emplace_back(revision, core_->cache.insert(revision, {.create = version.create,
                                                                 .version = version.version,
                                                                 .lease = version.lease,
                                                                 .value = std::move(value)}));
}

void Store::append_record(const Record& record, NewVersion& version) {
  scratch_.clear();
  const std::uint64_t sum = encode_record(version.revision, record, scratch_);
  version.size = static_cast<std::uint32_t>(scratch_.size());
  batch_->put(RecordKey(version.revision), scratch_);
  ledger_.mark.chain = chained(ledger_.mark.chain, sum);
  ++ledger_.mark.records;
  ledger_.bytes_in_use += version.size;
}

void Store::visit_leased(const std::function<void(std::string_view key, std::int64_t lease)>& visit) const {
  for (IndexCursor at = core_->index.view().seek({}); at.valid(); at.next()) {
    if (at.entry().deleted == 0 && at.entry().lease != 0) visit(at.key(), at.entry().lease);
  }
}

std::expected<void, KvError> Store::compact(std::int64_t revision) {
  if (revision <= ledger_.mark.compacted) return std::unexpected(KvError::kCompacted);
  if (revision > ledger_.mark.revision) return std::unexpected(KvError::kFutureRevision);
  ledger_.mark.compacted = revision;
  compaction_.start(revision);
  return {};
}

void Store::put_row(std::string_view key, std::string_view value) {
  batch_->put(key, value);
  row_hashes_.put(key, value);
}

void Store::remove_row(std::string_view key) {
  batch_->remove(key);
  row_hashes_.remove(key);
}

std::uint64_t Store::state_hash() const {
  const Mark& mark = ledger_.mark;
  std::uint64_t hash = chained(mark.chain, row_hashes_.sum());
  hash = chained(hash, static_cast<std::uint64_t>(mark.revision));
  return chained(hash, static_cast<std::uint64_t>(mark.compacted));
}

void Store::publish_at(PublishedView place) {
  place->store(published_->load());
  published_ = std::move(place);
}

raft::Result<void> Store::commit(raft::EntryId applied) {
  RAFT_CHECK(!in_request_);
  if (collect_fault_) return raft::fail(*collect_fault_);
  ledger_.mark.applied = applied;
  RETURN_IF_ERROR(write_batch());
  publish();
  return {};
}

raft::Result<void> Store::write_batch() {
  Mark& mark = ledger_.mark;
  mark.live_keys = core_->index.view().totals().live;
  const MarkPosition last = ledger_.marks.back();
  const MarkPosition next{.revision = mark.revision, .batch = last.batch + 1};
  if (RAFT_MUTANT(kAppliedIndexApart)) {
    RETURN_IF_ERROR(core_->database->write(batch_->rows()));
    batch_->clear();
  }
  batch_->put(mark_key(next.revision, next.batch), encode_mark(mark));
  // One mark for each revision: batches that change nothing do not pile up.
  if (last.revision == next.revision) {
    batch_->remove(mark_key(last.revision, last.batch));
    ledger_.marks.pop_back();
  }
  ledger_.marks.push_back(next);
  const std::uint64_t bytes = batch_->bytes();
  RETURN_IF_ERROR(core_->database->write(batch_->rows()));
  batch_->clear();
  pending_.clear();
  measure(bytes);
  return {};
}

void Store::publish() {
  const EditNumber number = core_->index.edit();
  const IndexView index = core_->index.view();
  GenerationPin pin = core_->generations.open(number, ledger_.mark.compacted, core_->index.finish_edit());
  const ReadView::Impl::Facts facts{
      .revision = ledger_.mark.revision,
      .compacted = ledger_.mark.compacted,
      .compacting = compaction_.due(),
      .bytes_written = bytes_written_,
      .bytes_on_disk = std::max<std::uint64_t>(1, bytes_on_disk_ + bytes_unmeasured_),
      .bytes_in_use = std::min(ledger_.bytes_in_use, bytes_on_disk_ + bytes_unmeasured_),
      .state = {.index = ledger_.mark.applied.index, .hash = state_hash()}};
  published_->store(std::make_shared<const ReadView::Impl>(core_, index, std::move(pin), facts));
  core_->generations.sweep();
}

void Store::measure(std::uint64_t bytes_written) {
  bytes_unmeasured_ += bytes_written;
  bytes_written_ += bytes_written;
  if (bytes_unmeasured_ < kMeasureEveryBytes) return;
  bytes_on_disk_ = core_->database->bytes_on_disk();
  bytes_unmeasured_ = 0;
}

raft::Result<std::vector<std::pair<std::string, std::string>>> Store::rows(std::string_view prefix) const {
  std::vector<std::pair<std::string, std::string>> found;
  RETURN_IF_ERROR(core_->database->walk(
      prefix, [&](std::string_view key, std::string_view value) -> raft::Result<Database::Step> {
        if (!key.starts_with(prefix)) return Database::Step{.stop = true, .seek = {}};
        found.emplace_back(key, value);
        return Database::Step{};
      }));
  return found;
}

}  // namespace kv
