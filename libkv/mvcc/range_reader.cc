#include "libkv/mvcc/range_reader.h"

#include <algorithm>
#include <limits>

#include "libkv/mvcc/fault.h"
#include "libkv/mvcc/history.h"
#include "libraft/base/check.h"

namespace kv {
namespace {

/// One key on its way into the answer. The key stays a view into the index until the end.
struct Row {
  std::string_view key;
  Revision revision;
  KeyValue kv;
  bool known = false;   ///< create, version and lease are set
  bool loaded = false;  ///< the value is set too
};

bool has_bounds(const RangeOp& op) {
  return op.min_mod_revision != 0 || op.max_mod_revision != 0 || op.min_create_revision != 0 ||
         op.max_create_revision != 0;
}

/// How many rows are collected before filters and sorting: an explicit order or a bound wants all of them; a
/// bare sort target does not, which makes it sort the first limit + 1 keys only (contract section 2.2,
/// QUIRK).
std::size_t rows_wanted(const RangeOp& op) {
  if (op.count_only) return 0;
  constexpr auto kAll = std::numeric_limits<std::size_t>::max();
  const bool all = op.limit <= 0 || op.sort_order != SortOrder::kNone || has_bounds(op);
  return all ? kAll : static_cast<std::size_t>(op.limit) + 1;
}

/// Sorting by key upwards is the order rows come in; a target without an order means upwards.
SortOrder effective_order(const RangeOp& op) {
  if (op.sort_target == SortTarget::kKey) {
    return op.sort_order == SortOrder::kAscend ? SortOrder::kNone : op.sort_order;
  }
  return op.sort_order == SortOrder::kNone ? SortOrder::kAscend : op.sort_order;
}

class RangeRead {
 public:
  RangeRead(const Sight& sight, const RangeOp& op, Counting counting)
      : sight_(sight),
        op_(op),
        counting_(counting),
        at_(op.revision > 0 ? op.revision : sight.revision),
        historical_(at_ < sight.revision) {}

  std::expected<RangeResult, ReadFault> run() {
    if (at_ > sight_.revision) return refuse(KvError::kFutureRevision);
    if (at_ < sight_.compacted) return refuse(KvError::kCompacted);
    RangeResult result;
    const std::int64_t count = historical_ ? collect_at() : collect_newest();
    if (counting_ == Counting::kAll) result.count = count;
    if (auto filled = filter_and_sort(); !filled) return broken(std::move(filled.error()));
    if (op_.limit > 0 && rows_.size() > static_cast<std::size_t>(op_.limit)) {
      rows_.resize(static_cast<std::size_t>(op_.limit));
      result.more = true;
    }
    if (auto loaded = finish(result.kvs); !loaded) return broken(std::move(loaded.error()));
    return result;
  }

 private:
  std::int64_t collect_newest() {
    const KeyRange range = key_range(op_.key, op_.range_end);
    const std::size_t wanted = rows_wanted(op_);
    if (range.kind == KeyRange::Kind::kOne) return collect_one(range.begin, wanted);
    const std::uint64_t count = sight_.index.count_live(range);
    const std::size_t rows_max = std::min<std::size_t>(wanted, count);
    rows_.reserve(rows_max);
    for (IndexCursor at = sight_.index.seek(range.begin); rows_.size() < rows_max; at.next()) {
      RAFT_CHECK(at.valid());
      if (at.entry().deleted == 0) add_newest(at.key(), at.entry());
    }
    return static_cast<std::int64_t>(count);
  }

  std::int64_t collect_one(std::string_view key, std::size_t wanted) {
    const Entry* const entry = sight_.index.find(key);
    if (entry == nullptr || entry->deleted != 0) return 0;
    if (wanted != 0) add_newest(op_.key, *entry);
    return 1;
  }

  void add_newest(std::string_view key, const Entry& entry) {
    Row& row = rows_.emplace_back();
    row.key = key;
    row.revision = entry.revision();
    row.kv.mod_revision = entry.main;
    row.kv.create_revision = entry.create;
    row.kv.version = entry.version;
    row.kv.lease = entry.lease;
    row.known = true;
  }

  /// The past has no counters: to count, every key of the range is looked at.
  std::int64_t collect_at() {
    const KeyRange range = key_range(op_.key, op_.range_end);
    const std::size_t wanted = rows_wanted(op_);
    std::int64_t count = 0;
    for (IndexCursor at = sight_.index.seek(range.begin); at.valid() && range.reaches(at.key()); at.next()) {
      const auto version = version_at(at.entry(), at_);
      if (!version || version->deleted != 0) continue;
      ++count;
      if (rows_.size() >= wanted) {
        if (counting_ == Counting::kNone) break;
        continue;
      }
      if (version->revision() == at.entry().revision()) {
        add_newest(at.key(), at.entry());
        continue;
      }
      Row& row = rows_.emplace_back();
      row.key = at.key();
      row.revision = version->revision();
      row.kv.mod_revision = version->main;
    }
    return count;
  }

  raft::Result<void> filter_and_sort() {
    if (has_bounds(op_)) {
      drop([this](const Row& row) {
        return (op_.max_mod_revision != 0 && row.kv.mod_revision > op_.max_mod_revision) ||
               (op_.min_mod_revision != 0 && row.kv.mod_revision < op_.min_mod_revision);
      });
      RETURN_IF_ERROR(load(&Row::known));
      drop([this](const Row& row) {
        return (op_.max_create_revision != 0 && row.kv.create_revision > op_.max_create_revision) ||
               (op_.min_create_revision != 0 && row.kv.create_revision < op_.min_create_revision);
      });
    }
    const SortOrder order = effective_order(op_);
    if (order == SortOrder::kNone) return {};
    RETURN_IF_ERROR(load(op_.sort_target == SortTarget::kValue ? &Row::loaded : &Row::known));
    sort(order);
    return {};
  }

  template <class Predicate>
  void drop(Predicate predicate) {
    std::erase_if(rows_, predicate);
  }

  void sort(SortOrder order) {
    const auto less = [target = op_.sort_target](const Row& a, const Row& b) {
      switch (target) {
        case SortTarget::kKey:
          return a.key < b.key;
        case SortTarget::kVersion:
          return a.kv.version < b.kv.version;
        case SortTarget::kCreate:
          return a.kv.create_revision < b.kv.create_revision;
        case SortTarget::kMod:
          return a.kv.mod_revision < b.kv.mod_revision;
        case SortTarget::kValue:
          return a.kv.value < b.kv.value;
      }
      return false;  // a target from a newer version leaves the order as it is
    };
    if (order == SortOrder::kDescend) {
      std::stable_sort(rows_.begin(), rows_.end(), [&](const Row& a, const Row& b) { return less(b, a); });
    } else {
      std::stable_sort(rows_.begin(), rows_.end(), less);
    }
  }

  /// Reads the records of the rows that lack `what`.
  raft::Result<void> load(bool Row::* what) {
    std::vector<WantedRecord> wanted;
    for (Row& row : rows_) {
      if (row.*what) continue;
      wanted.push_back({.revision = row.revision, .key = row.key, .out = &row.kv});
      row.known = row.loaded = true;
    }
    return sight_.records.read(wanted);
  }

  raft::Result<void> finish(std::vector<KeyValue>& kvs) {
    RETURN_IF_ERROR(load(op_.keys_only ? &Row::known : &Row::loaded));
    kvs.reserve(rows_.size());
    for (Row& row : rows_) {
      if (op_.keys_only) row.kv.value.clear();
      row.kv.key = row.key;
      kvs.push_back(std::move(row.kv));
    }
    return {};
  }

  const Sight& sight_;
  const RangeOp& op_;
  const Counting counting_;
  const std::int64_t at_;
  const bool historical_;
  std::vector<Row> rows_;
};

}  // namespace

std::expected<RangeResult, ReadFault> read_range(const Sight& sight, const RangeOp& op, Counting counting) {
  return RangeRead(sight, op, counting).run();
}

}  // namespace kv
