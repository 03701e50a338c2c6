// The write side of the store: requests in, one atomic batch and one new view out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libkv/mvcc/change.h"
#include "libkv/mvcc/compaction.h"
#include "libkv/mvcc/read_view.h"
#include "libkv/mvcc/record.h"
#include "libkv/mvcc/row_hashes.h"
#include "libkv/mvcc/state_point.h"
#include "libkv/mvcc/view_impl.h"
#include "libraft/base/result.h"
#include "libraft/core/types.h"

namespace leveldb {
class Env;
}

namespace kv {

struct StoreOptions {
  leveldb::Env* env = nullptr;  ///< not owned; outlives the store and its views
  std::string path;
  std::size_t value_cache_bytes = 64U << 20U;
  std::size_t write_buffer_bytes = 32U << 20U;  ///< what LevelDB gathers before it writes a table
  /// Rows of other tables for a new state, key and value; ignored when the state exists.
  std::vector<std::pair<std::string, std::string>> first_rows;
  raft::EntryId first;  ///< what a new state counts as applied
};

/// Where a store publishes its newest generation. Shared by a store and its readers' owner, because readers
/// go on when another store takes its place.
using PublishedView = std::shared_ptr<Published<ReadView::Impl>>;

/// A key that hangs on another lease than before; 0: on none.
struct LeaseMove {
  std::string key;
  std::int64_t from = 0;
  std::int64_t to = 0;
};

/// Changes are made in requests (begin_request to end_request), each with one revision at most, and become
/// visible and stored together with commit(). Thread: the apply thread; view() and published() from any.
class Store {
 public:
  static raft::Result<std::unique_ptr<Store>> open(const StoreOptions& options);
  /// The same in a database that is open. With `first_rows` etc. as in open.
  static raft::Result<std::unique_ptr<Store>> open_in(std::unique_ptr<Database> database,
                                                      const StoreOptions& options);
  /// What open() recovered; use that.
  Store(std::shared_ptr<StoreCore> core, Ledger ledger, RowHashes row_hashes);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  void begin_request();
  /// Requires a request. `create`, `version` and history are the store's business.
  void put(std::string_view key, std::string value, std::int64_t lease);
  /// Requires a request. How many keys it deleted, each its own change, in key order.
  std::int64_t delete_range(std::string_view key, std::string_view range_end);
  /// The request took a revision if it changed something.
  void end_request();

  /// The state as the request under way sees it, its own changes included.
  [[nodiscard]] std::expected<RangeResult, ReadFault> range(const RangeOp& op) const;
  /// The newest version; nothing when the key does not exist.
  [[nodiscard]] raft::Result<std::optional<KeyValue>> get(std::string_view key) const;
  [[nodiscard]] bool exists(std::string_view key) const;
  /// Counts the request under way if it changed something.
  [[nodiscard]] std::int64_t revision() const;
  [[nodiscard]] std::int64_t compacted_revision() const { return ledger_.mark.compacted; }

  /// Contract section 2.6. History below `revision` stops being readable with this batch.
  [[nodiscard]] std::expected<void, KvError> compact(std::int64_t revision);
  /// Writes a row of another table in this batch. `key` lies under that table's prefix.
  void put_row(std::string_view key, std::string_view value);
  void remove_row(std::string_view key);

  /// The keys whose lease changed since the last call, in order: for the table of leases.
  [[nodiscard]] std::vector<LeaseMove> take_lease_moves() { return std::exchange(lease_moves_, {}); }
  /// What to keep of the changes of this batch, for take_changes.
  void collect(Collect how) { collected_.how = how; }
  /// What was collected since the last call.
  [[nodiscard]] CollectedChanges take_changes();
  /// Every key that hangs on a lease, ascending.
  void visit_leased(const std::function<void(std::string_view key, std::int64_t lease)>& visit) const;

  /// Stores everything since the last commit atomically, together with `applied`, and publishes it. An error
  /// is final: nothing was published and the store must not be used any more.
  [[nodiscard]] raft::Result<void> commit(raft::EntryId applied);
  [[nodiscard]] raft::Result<void> sync() { return core_->database->sync(); }
  /// Does a bounded slice of the physical compaction; true while there is more, waiting for readers included.
  [[nodiscard]] raft::Result<bool> compact_some();

  [[nodiscard]] raft::EntryId applied() const { return ledger_.mark.applied; }
  /// A hash over every record written so far: equal on members that applied the same entries.
  [[nodiscard]] std::uint64_t chain() const { return ledger_.mark.chain; }
  /// The same over all that members have in common: the records, the rows of the other tables, the revision
  /// and what was compacted. With what is not committed yet.
  [[nodiscard]] std::uint64_t state_hash() const;
  /// Rows of another table as stored.
  [[nodiscard]] raft::Result<std::vector<std::pair<std::string, std::string>>> rows(
      std::string_view prefix) const;

  /// The newest published generation. Thread: any.
  [[nodiscard]] ReadView view() const { return ReadView(published_->load()); }
  [[nodiscard]] ReadView::Impl::Facts facts() const { return published_->load()->facts(); }
  /// Publishes there from now on, and once at once: how a store takes the place of another.
  void publish_at(PublishedView place);
  [[nodiscard]] const PublishedView& published() const { return published_; }
  /// What its readers keep alive. The database is closed when the last holder lets go.
  [[nodiscard]] const std::shared_ptr<StoreCore>& core() const { return core_; }
  /// Generations that are still read, the newest included.
  [[nodiscard]] std::size_t generations() const { return core_->generations.live(); }

 private:
  class Batch;
  struct Write {
    std::int64_t lease = 0;
    bool deleted = false;
  };

  [[nodiscard]] Sight sight() const;
  /// The next change of the request under way: into the batch, the index and the cache.
  void write_change(std::string_view key, std::string value, const Write& write);
  /// Keeps what is about to be written for take_changes. `before`: what the key is so far; may be null.
  void collect_change(const Record& record, const Revision& revision, const Entry* before);
  /// Adds the record to the batch and to the totals, and sets the version's size.
  void append_record(const Record& record, NewVersion& version);
  /// Closes the batch with its mark, writes it and opens the next.
  [[nodiscard]] raft::Result<void> write_batch();
  void publish();
  void measure(std::uint64_t bytes_written);
  /// Takes what compaction may forget out of the index, a bounded number of keys.
  void trim_keys();
  [[nodiscard]] raft::Result<void> delete_doomed();

  const std::shared_ptr<StoreCore> core_;  // shared with every generation
  Ledger ledger_;
  Compaction compaction_;
  RowHashes row_hashes_;
  std::unique_ptr<Batch> batch_;
  PendingRecords pending_;
  std::vector<LeaseMove> lease_moves_;
  CollectedChanges collected_;
  std::size_t collected_bytes_ = 0;
  std::optional<raft::Error> collect_fault_;  // a previous version could not be read
  std::string scratch_;
  bool in_request_ = false;
  std::uint32_t changes_ = 0;  // of the request under way
  std::uint64_t bytes_on_disk_ = 1;
  std::uint64_t bytes_unmeasured_ = 0;
  std::uint64_t bytes_written_ = 0;  // since it was opened
  PublishedView published_ = std::make_shared<Published<ReadView::Impl>>();
};

}  // namespace kv
