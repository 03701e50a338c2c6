// Watching a range of keys for as long as it takes: over lost connections, changes of leader and members that
// are cut off, without a gap and without an event twice.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/common/outcome.h"
#include "tools/kvctl/bell.h"
#include "tools/kvctl/client.h"
#include "tools/kvctl/dialer.h"
#include "tools/kvctl/requests.h"
#include "tools/kvctl/watch_stream.h"

namespace tools::kvctl {

struct WatchOptions {
  KeyRange range;
  std::int64_t revision = 0;  ///< the first whose events are wanted; 0: those from now on
  bool prev_kv = false;
  bool progress = false;  ///< also revisions up to which there is nothing more
  std::vector<etcdserverpb::WatchCreateRequest::FilterType> filters;
};

/// One watch, on one stream at a time. A stream that ends is opened again at the next endpoint, from the
/// first revision that was not seen whole. Once the watch has stood, this goes on for ever; before, as a
/// request. Thread: one.
class Watcher {
 public:
  /// `client` gives the settings and the token. `notices`: where a change of endpoints is told; may be null.
  /// All of them outlive the watcher.
  Watcher(Client& client, Dialer& dialer, Bell& bell, std::ostream* notices, WatchOptions options);

  /// The next response that has events, or with `progress` one without. Nothing: `stop` holds, or `deadline`
  /// has passed. Failures: kExitLimit, when the revision to go on from is compacted; as of Client::call, when
  /// the watch could not be made.
  Outcome<std::optional<etcdserverpb::WatchResponse>> next(SteadyTime deadline = SteadyTime::max(),
                                                           const Condition& stop = {});

  /// Once the watch stands: every event below is taken. Before: options.revision.
  [[nodiscard]] std::int64_t next_revision() const { return next_revision_; }

  /// Asks the server how far it has told everything, once the watch stands: a response without events
  /// follows, unless the watch is behind. Thread: any.
  void ask_progress();

  /// Makes the watch, so that whatever happens from here on is seen. False: as `nothing` of next().
  Outcome<bool> open(SteadyTime deadline = SteadyTime::max(), const Condition& stop = {});

 private:
  /// What came of one wait on the stream.
  enum class Heard { kResponse, kNothing, kEnd };

  /// False when `stop` came first.
  bool pause_until(SteadyTime time, const Condition& stop);
  Outcome<bool> tour(SteadyTime deadline, const Condition& stop);
  Outcome<bool> open_at(const Endpoint& endpoint, SteadyTime deadline, const Condition& stop);
  Outcome<Heard> hear(SteadyTime deadline, const Condition& stop, etcdserverpb::WatchResponse& response);
  Outcome<void> judge_end(const kv::rpc::Status& status);
  /// Whether the token was refused, and the next stream will have another.
  bool replace_token(const std::string& refusal);
  Outcome<void> check(const etcdserverpb::WatchResponse& response);
  /// Takes out what was seen before; whether something is left that the user wants.
  bool digest(etcdserverpb::WatchResponse& response);
  [[nodiscard]] Failure give_up() const;
  void tell(const std::string& text);
  void drop_stream();

  Client& client_;
  Dialer& dialer_;
  Bell& bell_;
  std::ostream* const notices_;
  const WatchOptions options_;
  bool asked_ = false;  // how far it has come; guarded by the bell's mutex

  std::int64_t next_revision_;
  std::uint64_t cluster_ = 0;
  std::size_t endpoint_ = 0;
  bool stood_ = false;                          // a server has made the watch at least once
  bool reached_ = false;                        // a server could be connected to
  SteadyTime not_before_{};                     // of the next stream
  std::map<std::string, std::string> stories_;  // the last of each endpoint
  ExitCode last_exit_ = kExitUnavailable;
  std::string token_;                          // of the stream
  int tokens_refused_ = 0;                     // in a row
  std::shared_ptr<kv::rpc::Channel> channel_;  // shared with its calls
  std::unique_ptr<WatchStream> stream_;
};

}  // namespace tools::kvctl
