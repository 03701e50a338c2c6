// Questions about the time of leases: answered by the member that leads, carried there from the others.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "libkv/lease/leases.h"
#include "libkv/server/desk.h"
#include "libkv/server/lease_keeper.h"
#include "libkv/server/lease_note.h"
#include "libkv/server/office.h"
#include "libkv/server/server.h"
#include "libkv/server/waiters.h"
#include "libraft/core/effects.h"

namespace kv {

struct LeaseDeskOptions {
  LeaseKeeperOptions keeper;
  std::chrono::milliseconds request_timeout{7000};
  /// A question that is not answered is asked again, perhaps of another leader.
  std::chrono::milliseconds ask_again{500};
  std::size_t questions_max = 65536;  ///< of this member's clients, waiting at one time
  std::uint64_t first_ticket = 1;     ///< unlike those of this member's earlier lives
};

/// Thread: any. Callbacks run without the lock.
class LeaseDesk final : public Desk {
 public:
  /// `leases`: the machine's. Neither is owned.
  LeaseDesk(const LeaseDeskOptions& options, Office& office, const Leases& leases);

  /// The answer's ttl is 0 for a lease that does not exist, of time_to_live -1.
  void keep_alive(std::int64_t lease, LeaseDone done) { ask(LeaseQuestion::kKeepAlive, lease, done); }
  void time_to_live(std::int64_t lease, LeaseDone done) { ask(LeaseQuestion::kTimeToLive, lease, done); }

  // Desk
  void status_changed(const raft::CoreStatus& status) override;
  void applied(AppliedBatch& batch) override;
  void received(raft::NodeId from, const Note& note) override;
  void ticked(Clock::time_point now) override;
  void closed() override;

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
  void send(raft::NodeId to, const LeaseNote& note);
  void route(std::uint64_t ticket, const Question& question);
  void answer(LeaseQuestion kind, std::int64_t lease, Reply reply);
  void renew(std::int64_t lease, Clock::time_point stamp, Reply reply);
  [[nodiscard]] std::optional<LeaseAnswer> look(std::int64_t lease) const;
  void settle(std::uint64_t ticket, const std::optional<LeaseAnswer>& answer);
  void take(const OperationResult& result, Clock::time_point now, std::vector<Reply>& ended);
  void propose_due(Clock::time_point now);
  void pump();

  const LeaseDeskOptions options_;
  Office& office_;
  const Leases& leases_;
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
