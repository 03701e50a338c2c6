// The store's physical compaction (contract section 2.6): bounded slices, never in the way of a reader.
#include <algorithm>

#include "libkv/mvcc/store.h"
#include "libkv/mvcc/store_batch.h"

namespace kv {
namespace {

/// One slice: keys looked at, records and marks deleted.
constexpr std::size_t kKeysPerSlice = 1024;
constexpr std::size_t kRecordsPerSlice = 1024;
constexpr std::size_t kMarksPerSlice = 1024;

}  // namespace

raft::Result<bool> Store::compact_some() {
  if (!compaction_.due()) return false;
  core_->generations.sweep();
  // Readers of an older generation may still fetch what this would delete.
  if (core_->generations.oldest_compacted() < compaction_.target) return true;
  if (!compaction_.synced) {
    RETURN_IF_ERROR(core_->database->sync());
    compaction_.synced = true;
    return true;
  }
  if (compaction_.doomed.empty()) trim_keys();
  RETURN_IF_ERROR(delete_doomed());
  publish();
  return compaction_.due();
}

void Store::trim_keys() {
  std::vector<OldVersion> removed;
  for (std::size_t looked_at = 0; looked_at < kKeysPerSlice && removed.size() < kRecordsPerSlice;
       ++looked_at) {
    const IndexCursor at = core_->index.view().seek_aged(compaction_.cursor);
    if (!at.valid()) {
      compaction_.walking = false;
      break;
    }
    const std::string key(at.key());
    core_->index.compact_key(key, compaction_.target, removed);
    compaction_.cursor = key + '\0';
  }
  compaction_.doomed.insert(compaction_.doomed.end(), removed.begin(), removed.end());
}

raft::Result<void> Store::delete_doomed() {
  for (std::size_t i = 0; i < kRecordsPerSlice && !compaction_.doomed.empty(); ++i) {
    const OldVersion& version = compaction_.doomed.front();
    batch_->remove(RecordKey(version.revision()));
    --ledger_.mark.records;
    ledger_.bytes_in_use -= version.size;
    compaction_.doomed.pop_front();
  }
  // Marks of revisions that can no longer be verified one by one.
  for (std::size_t i = 0; i < kMarksPerSlice && ledger_.marks.size() > 1; ++i) {
    const MarkPosition& oldest = ledger_.marks.front();
    if (oldest.revision >= compaction_.target) break;
    batch_->remove(mark_key(oldest.revision, oldest.batch));
    ledger_.marks.pop_front();
  }
  return write_batch();
}

}  // namespace kv
