// History as it happened, read from disk in order of revision (contract section 3.3).
#include "libkv/mvcc/fault.h"
#include "libkv/mvcc/history.h"
#include "libkv/mvcc/read_view.h"
#include "libkv/mvcc/record.h"
#include "libkv/mvcc/view_impl.h"

namespace kv {
namespace {

Change change_of(const Revision& revision, const Record& record) {
  Change change{.revision = revision, .kv = {}, .deleted = record.deleted, .previous = {}};
  change.kv.key = record.key;
  change.kv.mod_revision = revision.main;
  if (record.deleted) return change;
  change.kv.value = record.value;
  change.kv.create_revision = record.create;
  change.kv.version = record.version;
  change.kv.lease = record.lease;
  return change;
}

/// Gathers rows until the limits say that it is enough.
class Gatherer {
 public:
  explicit Gatherer(const ChangesOp& op) : op_(op) { result_.next = op.to + 1; }

  raft::Result<Database::Step> take(std::string_view key, std::string_view bytes) {
    const Database::Step stop{.stop = true, .seek = {}};
    if (!key.starts_with(kRecordPrefix)) return stop;
    ASSIGN_OR_RETURN(const ParsedKey parsed, parse_key(key));
    if (parsed.mark) return Database::Step{};
    if (parsed.revision.main > op_.to) return stop;
    if (parsed.revision.main != last_ && full()) {
      result_.next = parsed.revision.main;
      return stop;
    }
    if (parsed.revision.main != last_) ++revisions_;
    last_ = parsed.revision.main;
    ASSIGN_OR_RETURN(const DecodedRecord decoded, decode_record(parsed.revision, bytes));
    result_.changes.push_back(change_of(parsed.revision, decoded.record));
    bytes_ += result_.changes.back().bytes();
    return Database::Step{};
  }

  ChangesResult result() && { return std::move(result_); }

 private:
  [[nodiscard]] bool full() const { return revisions_ >= op_.revisions_max || bytes_ >= op_.bytes_max; }

  const ChangesOp& op_;
  ChangesResult result_;
  std::int64_t last_ = 0;
  std::size_t revisions_ = 0;
  std::size_t bytes_ = 0;
};

/// What each key was before. Nothing is known of what compaction took.
raft::Result<void> add_previous(const Sight& sight, std::vector<Change>& changes) {
  std::vector<WantedRecord> wanted;
  for (Change& change : changes) {
    const Entry* const entry = sight.index.find(change.kv.key);
    if (entry == nullptr) continue;
    const auto before = version_at(*entry, change.revision.main - 1);
    if (!before || before->deleted != 0) continue;
    change.previous.emplace().key = change.kv.key;
    wanted.push_back({.revision = before->revision(), .key = change.kv.key, .out = &change.previous.value()});
  }
  return sight.records.read(wanted);
}

}  // namespace

std::expected<ChangesResult, ReadFault> ReadView::changes(const ChangesOp& op) const {
  const Sight sight = impl_->sight();
  if (op.from < sight.compacted) return refuse(KvError::kCompacted);
  if (op.to > sight.revision) return refuse(KvError::kFutureRevision);
  Gatherer gatherer(op);
  auto read = impl_->core()->database->walk(
      RecordKey({op.from, 0}),
      [&](std::string_view key, std::string_view value) { return gatherer.take(key, value); });
  if (!read) return broken(std::move(read.error()));
  ChangesResult result = std::move(gatherer).result();
  if (op.previous) {
    if (auto added = add_previous(sight, result.changes); !added) return broken(std::move(added.error()));
  }
  return result;
}

}  // namespace kv
