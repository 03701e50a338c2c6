// Whether a learner may be promoted: only the leader knows how far it has come; the others ask it.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "libkv/server/desk.h"
#include "libkv/server/office.h"
#include "libkv/server/promotion_note.h"
#include "libkv/server/server.h"
#include "libkv/server/waiters.h"

namespace kv {

struct PromotionDeskOptions {
  std::chrono::milliseconds request_timeout{7000};
  /// A question that is not answered is asked again, perhaps of another leader.
  std::chrono::milliseconds ask_again{500};
  std::size_t questions_max = 256;  ///< waiting at one time
  std::uint64_t first_ticket = 1;   ///< unlike those of this member's earlier lives
};

/// Thread: any. Callbacks run without the lock.
class PromotionDesk final : public Desk {
 public:
  using Done = std::function<void(std::expected<PromotionWord, RequestFailure>)>;
  /// What a leader says.
  using Judge = std::function<PromotionWord(raft::NodeId learner)>;

  PromotionDesk(const PromotionDeskOptions& options, Office& office, Judge judge)
      : options_(options),
        office_(office),
        judge_(std::move(judge)),
        waiters_(options.request_timeout, options.first_ticket) {}

  /// `done` gets what the leader says.
  void ask(raft::NodeId learner, Done done);

  // Desk
  void status_changed(const raft::CoreStatus& status) override;
  void received(raft::NodeId from, const Note& note) override;
  void ticked(Clock::time_point now) override;
  void closed() override { waiters_.fail_all(ServerError::kStopped); }

 private:
  struct Question {
    raft::NodeId learner;
    Clock::time_point asked;
  };

  void send(raft::NodeId to, const PromotionNote& note);
  void route(std::uint64_t ticket, raft::NodeId learner);
  /// Answers only while this member leads: who asks will ask again.
  void judge(raft::NodeId learner, std::function<void(PromotionWord)> answer);

  const PromotionDeskOptions options_;
  Office& office_;
  const Judge judge_;
  Waiters<PromotionWord> waiters_;
  mutable std::mutex mutex_;  // guards everything below
  std::optional<raft::NodeId> leader_;
  std::unordered_map<std::uint64_t, Question> questions_;
};

}  // namespace kv
