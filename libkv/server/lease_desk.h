// Questions about the time of leases: answered by the member that leads, carried there from the others.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "libkv/lease/leases.h"
#include "libkv/server/lease_keeper.h"
#include "libkv/server/lease_note.h"
#include "libkv/server/server.h"
#include "libkv/server/waiters.h"
#include "libraft/core/effects.h"
#include "libraft/core/message.h"

namespace kv {

/// What the desk needs of its member. Each may answer at once.
struct LeaseDeskParts {
  std::function<void(Operation, WriteDone)> write;
  std::function<void(ReadDone)> read;
  std::function<void(raft::NodeId to, std::string note)> send;
  const Leases* leases = nullptr;  ///< not owned; the machine's
};

struct LeaseDeskOptions {
  LeaseKeeperOptions keeper;
  raft::NodeId self;
  std::chrono::milliseconds request_timeout{7000};
  /// A question that is not answered is asked again, perhaps of another leader.
  std::chrono::milliseconds ask_again{500};
  std::size_t questions_max = 65536;  ///< of this member's clients, waiting at one time
  std::uint64_t first_ticket = 1;     ///< unlike those of this member's earlier lives
};

/// Thread: any. Callbacks run without the lock.
class LeaseDesk {
 public:
  using Clock = std::chrono::steady_clock;

  LeaseDesk(const LeaseDeskOptions& options, LeaseDeskParts parts);

  /// The answer's ttl is 0 for a lease that does not exist, of time_to_live -1.
  void keep_alive(std::int64_t lease, LeaseDone done) { ask(LeaseQuestion::kKeepAlive, lease, done); }
  void time_to_live(std::int64_t lease, LeaseDone done) { ask(LeaseQuestion::kTimeToLive, lease, done); }

  // What the member tells.
  void status_changed(const raft::CoreStatus& status);
  void applied(std::span<const Applied> applied);
  void received(raft::NodeId from, std::string_view note);
  void ticked(Clock::time_point now);
  void stop();

  /// While this member leads, in the order in which they end.
  [[nodiscard]] std::vector<std::int64_t> ids() const;
  [[nodiscard]] LeaseCounts counts() const;

 private:
  struct Question {
    LeaseQuestion kind;
    std::int64_t lease;
    Clock::time_point asked;
  };
  /// Nothing: another member counts now, ask again.
  using Reply = std::function<void(const std::optional<LeaseAnswer>&)>;

  void ask(LeaseQuestion kind, std::int64_t lease, const LeaseDone& done);
  void route(std::uint64_t ticket, const Question& question);
  void answer(LeaseQuestion kind, std::int64_t lease, Reply reply);
  void renew(std::int64_t lease, Clock::time_point stamp, Reply reply);
  [[nodiscard]] std::optional<LeaseAnswer> look(std::int64_t lease) const;
  void settle(std::uint64_t ticket, const std::optional<LeaseAnswer>& answer);
  void take(const OperationResult& result, Clock::time_point now, std::vector<Reply>& ended);
  void propose_due(Clock::time_point now);
  void pump();

  const LeaseDeskOptions options_;
  const LeaseDeskParts parts_;
  Waiters<LeaseAnswer> waiters_;
  mutable std::mutex mutex_;  // guards everything below
  LeaseKeeper keeper_;
  std::optional<raft::NodeId> leader_;
  raft::Term term_;  // in which this member leads
  std::unordered_map<std::uint64_t, Question> questions_;
  std::unordered_map<std::int64_t, std::vector<Reply>> until_ended_;
  std::deque<std::pair<Operation, WriteDone>> proposals_;  // leave in order, by one thread at a time
  bool pumping_ = false;
  Clock::time_point asked_again_;
  LeaseCounts counts_;
};

}  // namespace kv
