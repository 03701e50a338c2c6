// Many writes, in batches, several of them under way at a time.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/common/outcome.h"
#include "tools/kvctl/import_line.h"

namespace tools::kvctl {

enum class ImportMode {
  kOverwrite,
  kCreate,  ///< what exists stays as it is
};

struct ImportCounts {
  std::uint64_t written = 0;
  std::uint64_t unchanged = 0;  ///< kCreate: there with the same value
  std::uint64_t kept = 0;       ///< kCreate: there with another value, which stays
  std::string first_kept;       ///< one such key
};

/// Sends transactions of puts. A key that comes twice keeps its order: what came last is what stays. Thread:
/// add and finish from one; `send` is called from several at a time.
class Importer {
 public:
  using Send = std::function<Outcome<etcdserverpb::TxnResponse>(const etcdserverpb::TxnRequest&)>;

  static constexpr std::size_t kBatchKeysMax = 100;           // under etcd's 128 operations of a transaction
  static constexpr std::size_t kBatchBytesMax = 512U * 1024;  // under etcd's 1.5 MiB of a request
  static constexpr std::size_t kBatchesInFlightMax = 16;

  Importer(ImportMode mode, Send send);
  ~Importer();  ///< waits for what is under way; what was not sent yet is dropped
  Importer(const Importer&) = delete;
  Importer& operator=(const Importer&) = delete;

  /// Waits while enough is under way. Failure: that of the first batch that failed; nothing more is sent
  /// then.
  Outcome<void> add(ImportLine line, std::size_t line_number);
  /// Sends the rest and waits for all.
  Outcome<ImportCounts> finish();
  /// So far. Thread: any.
  [[nodiscard]] ImportCounts counts() const;

 private:
  struct Batch {
    std::vector<ImportLine> lines;
    std::size_t bytes = 0;
    std::size_t first_line = 0;
    std::size_t last_line = 0;
  };

  Outcome<void> dispatch();
  Outcome<void> wait_until_idle();
  void work();
  Outcome<ImportCounts> send(const Batch& batch) const;
  Outcome<ImportCounts> overwrite(const Batch& batch) const;
  Outcome<ImportCounts> create(const Batch& batch) const;
  void settle(const Batch& batch, Outcome<ImportCounts> outcome);

  const ImportMode mode_;
  const Send send_;
  Batch filling_;                              // the adding thread's
  std::unordered_set<std::string> keys_open_;  // of filling_ and of all under way; the adding thread's

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Batch> waiting_;
  std::size_t under_way_ = 0;  // waiting ones included
  bool stopping_ = false;
  std::optional<Failure> failure_;
  ImportCounts counts_;

  std::vector<std::thread> workers_;
};

}  // namespace tools::kvctl
