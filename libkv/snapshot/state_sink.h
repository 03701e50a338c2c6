// The bytes of a snapshot as a state beside the one in use.
#pragma once

#include <memory>
#include <string>

#include "libkv/mvcc/store.h"
#include "libkv/snapshot/stream_reader.h"
#include "libraft/base/result.h"

namespace kv {

struct StateSinkOptions {
  leveldb::Env* env = nullptr;   ///< not owned
  std::string path;              ///< the directory of the new state; what is in it is removed
  std::uint64_t cluster_id = 0;  ///< a snapshot of another cluster is kMismatch
  std::size_t value_cache_bytes = 64U << 20U;
  std::size_t write_buffer_bytes = 32U << 20U;  ///< what LevelDB gathers before it writes a table
  Envelope envelope = Envelope::kNone;          ///< kAllowed: the bytes come from the API
};

/// Builds the state row by row and reads it back before it says that it is whole. What is not taken is
/// removed with the sink. Thread: one at a time.
class StateSink {
 public:
  explicit StateSink(StateSinkOptions options);
  ~StateSink();
  StateSink(const StateSink&) = delete;
  StateSink& operator=(const StateSink&) = delete;

  /// The next bytes of the stream. Nothing is made on disk before the header was read and is right.
  [[nodiscard]] raft::Result<void> write(std::string_view bytes);
  /// That was all: the state is whole, verified and durable.
  [[nodiscard]] raft::Result<SnapshotHeader> finish();
  /// The finished state, once. It stays.
  [[nodiscard]] std::unique_ptr<Store> take();
  /// The finished state; null before finish() and after take().
  [[nodiscard]] const Store* store() const { return store_.get(); }

 private:
  class Rows;

  [[nodiscard]] raft::Result<void> begin(const SnapshotHeader& header);
  [[nodiscard]] raft::Result<void> row(std::string_view key, std::string_view value);
  [[nodiscard]] raft::Result<void> write_rows();
  [[nodiscard]] raft::Result<void> close_state();

  const StateSinkOptions options_;
  StreamReader reader_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Rows> rows_;  // of the batch that is being filled
  Mark mark_;
  bool marked_ = false;
  bool began_ = false;
  bool taken_ = false;
  std::unique_ptr<Store> store_;
};

}  // namespace kv
