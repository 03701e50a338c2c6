// Whether a learner may be promoted: only the leader knows how far it has come; the others ask it.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "libkv/server/promotion_note.h"
#include "libkv/server/server.h"
#include "libkv/server/waiters.h"

namespace kv {

/// What the desk needs of its member.
struct PromotionDeskParts {
  std::function<bool()> leads;
  /// While this member leads.
  std::function<PromotionWord(raft::NodeId learner)> judge;
  /// A round of the leader, which proves that it is one still.
  std::function<void(ReadDone)> read;
  std::function<void(raft::NodeId to, std::string note)> send;
};

struct PromotionDeskOptions {
  raft::NodeId self;
  std::chrono::milliseconds request_timeout{7000};
  /// A question that is not answered is asked again, perhaps of another leader.
  std::chrono::milliseconds ask_again{500};
  std::size_t questions_max = 256;  ///< waiting at one time
  std::uint64_t first_ticket = 1;   ///< unlike those of this member's earlier lives
};

/// Thread: any. Callbacks run without the lock.
class PromotionDesk {
 public:
  using Clock = std::chrono::steady_clock;
  using Done = std::function<void(std::expected<PromotionWord, RequestFailure>)>;

  PromotionDesk(const PromotionDeskOptions& options, PromotionDeskParts parts)
      : options_(options),
        parts_(std::move(parts)),
        waiters_(options.request_timeout, options.first_ticket) {}

  /// `done` gets what the leader says.
  void ask(raft::NodeId learner, Done done);

  // What the member tells.
  void leader_changed(std::optional<raft::NodeId> leader);
  void received(raft::NodeId from, std::string_view note);
  void ticked(Clock::time_point now);
  void stop() { waiters_.fail_all(ServerError::kStopped); }

 private:
  struct Question {
    raft::NodeId learner;
    Clock::time_point asked;
  };

  void route(std::uint64_t ticket, raft::NodeId learner);
  /// Answers only while this member leads: who asks will ask again.
  void judge(raft::NodeId learner, std::function<void(PromotionWord)> answer);

  const PromotionDeskOptions options_;
  const PromotionDeskParts parts_;
  Waiters<PromotionWord> waiters_;
  mutable std::mutex mutex_;  // guards everything below
  std::optional<raft::NodeId> leader_;
  std::unordered_map<std::uint64_t, Question> questions_;
};

}  // namespace kv
