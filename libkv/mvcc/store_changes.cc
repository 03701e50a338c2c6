// What the store tells those who follow it of the changes that it makes.
#include "libkv/mvcc/history.h"
#include "libkv/mvcc/store.h"

namespace kv {

void Store::collect_change(const Record& record, const Revision& revision, const Entry* before) {
  Change& change = collected_.changes.emplace_back();
  change.revision = revision;
  change.deleted = record.deleted;
  change.kv = {.key = std::string(record.key),
               .value = std::string(record.value),
               .create_revision = record.create,
               .mod_revision = revision.main,
               .version = record.version,
               .lease = record.lease};
  // What the key was at the revision before: what the same request made of it meanwhile nobody has seen.
  const bool wants_previous = collected_.how == Collect::kWithPrevious && before != nullptr;
  const auto earlier = wants_previous ? version_at(*before, revision.main - 1) : std::nullopt;
  if (earlier && earlier->deleted == 0) {
    KeyValue& previous = change.previous.emplace();
    previous.key = record.key;
    const WantedRecord wanted{.revision = earlier->revision(), .key = record.key, .out = &previous};
    if (auto read = sight().records.read({&wanted, 1}); !read && !collect_fault_) {
      collect_fault_ = std::move(read.error());
    }
  }
  collected_bytes_ += change.bytes();
  if (collected_bytes_ <= kCollectBytesMax) return;
  collected_ = {};
}

CollectedChanges Store::take_changes() {
  collected_bytes_ = 0;
  return std::exchange(collected_, {});
}

}  // namespace kv
