// One who stands in line for a lock or an office, until it is their turn.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "libkv/api/caller.h"
#include "libkv/api/context.h"
#include "libkv/machine/outcome.h"
#include "libkv/watch/watches.h"

namespace kv::api {

struct TurnRequest {
  std::string name;
  std::int64_t lease = 0;  ///< 0: one is granted
  /// Of the key, also when it stands there already; none: empty, and what stands there stays as it is.
  std::optional<std::string> value;
};

/// Where one stands.
struct Place {
  std::string key;
  std::int64_t lease = 0;
  std::int64_t revision = 0;  ///< at which the key was created
  std::int64_t taken = 0;     ///< the store's revision when the place was taken, or found to be taken already
  std::int64_t reached = 0;   ///< the store's when the turn came
};

/// Nothing is polled: whoever waits is woken when the one before or the own key is deleted. A turn that ends
/// without having come, for whatever reason, leaves the line. Thread: the call's, except for the outcomes of
/// writes.
class Turn : public std::enable_shared_from_this<Turn> {
 public:
  /// Answers the call.
  using Ours = std::function<void(const Place& place)>;

  Turn(const Context& context, rpc::CallPtr call, TurnRequest request, Ours ours);

  /// On behalf of `caller`.
  void start(Caller caller);
  /// The call is over.
  void abandon();

 private:
  class Sink;

  void join(std::int64_t lease);
  void joined(const TxnResult& result, std::int64_t revision);
  void rename(bool first);
  void enter(bool first);
  void look();
  void wait_for(const std::string& before, std::int64_t revision);
  void woken(std::uint64_t number);
  void confirm();
  void come(std::int64_t revision);
  void fail(rpc::Status status);
  void leave(const Place& place);
  void write(TxnOp txn, WriteDone done);

  const Context& context_;
  const rpc::CallPtr call_;
  const TurnRequest request_;
  const Ours ours_;
  Caller caller_;  // since start

  std::mutex mutex_;   // guards the next three: a write may end when the call is over
  Place place_;        // revision 0: not known yet
  bool over_ = false;  // the call is
  bool reached_ = false;

  std::unique_ptr<WatchStream> stream_;
  std::uint64_t waits_ = 0;  // how often we have waited: what wakes an earlier wait does not count
};

}  // namespace kv::api
