// The far end of a mirror: changes of one store, written to another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/common/outcome.h"
#include "tools/kvctl/client.h"

namespace tools::kvctl {

struct MirrorNames {
  std::string prefix;       ///< of the source's keys
  std::string destination;  ///< what stands in its place

  [[nodiscard]] std::string translate(const std::string& key) const {
    return destination + key.substr(prefix.size());
  }
};

struct MirrorOptions {
  MirrorNames names;
  std::size_t operations_max = 128;  ///< of one transaction; the server's --max-txn-ops or less
  std::int64_t revision = 0;         ///< the destination's when the mirror began
  /// Waits a while after a write that failed for a reason that may pass. False: no more attempts.
  std::function<bool(const Failure&)> again;
};

/// Gathers changes and writes them in transactions: all of one revision of the source together, as far as
/// operations_max allows, and several revisions where no key comes twice. What failed for a reason that may
/// pass is written again; a first attempt that arrives late, behind a second, is void, as each transaction
/// names the newest revision that it may overwrite. Thread: one.
class MirrorWriter {
 public:
  MirrorWriter(Client& client, MirrorOptions options)
      : client_(client), options_(std::move(options)), seen_(options_.revision) {}

  /// Failures: of flush().
  Outcome<void> put(const mvccpb::KeyValue& kv);
  Outcome<void> apply(const mvccpb::Event& event);
  /// A revision of the source ends here.
  void end_revision() { whole_ = pending_.size(); }
  /// Writes what waits. Failures: as of Client::call.
  Outcome<void> flush();

  /// Changes written so far.
  [[nodiscard]] std::uint64_t written() const { return written_; }

 private:
  struct Operation {
    std::string key;
    etcdserverpb::RequestOp request;
  };

  Outcome<void> add(Operation operation);
  Outcome<void> write_first(std::size_t count);
  [[nodiscard]] etcdserverpb::TxnRequest transaction(std::size_t count) const;

  Client& client_;
  const MirrorOptions options_;

  std::vector<Operation> pending_;
  std::set<std::string> keys_;  // of pending_
  std::size_t bytes_ = 0;       // of pending_, about
  std::size_t whole_ = 0;       // operations at the front of pending_ whose revision is complete
  std::int64_t seen_;           // the destination's revision, as last heard
  std::uint64_t written_ = 0;
};

}  // namespace tools::kvctl
