#include "libkv/server/promotion_desk.h"

#include <utility>
#include <vector>

namespace kv {

void PromotionDesk::ask(raft::NodeId learner, Done done) {
  const auto ticket = waiters_.add(std::move(done));
  if (!ticket) return;
  bool full = false;
  {
    const std::lock_guard lock(mutex_);
    full = questions_.size() >= options_.questions_max;
    if (!full) questions_.emplace(*ticket, Question{.learner = learner, .asked = Clock::now()});
  }
  if (full) return waiters_.refuse(*ticket, ServerError::kTooManyRequests);
  route(*ticket, learner);
}

/// When no leader is known, ticked() tries again.
void PromotionDesk::route(std::uint64_t ticket, raft::NodeId learner) {
  if (office_.leads()) {
    return judge(learner, [this, ticket](PromotionWord word) { waiters_.answer({{ticket, word}}); });
  }
  std::optional<raft::NodeId> leader;
  {
    const std::lock_guard lock(mutex_);
    leader = leader_;
  }
  if (!leader || *leader == office_.self()) return;
  send(*leader, {.ticket = ticket, .learner = learner});
}

void PromotionDesk::send(raft::NodeId to, const PromotionNote& note) {
  office_.send(
      to,
      {.kind = NoteKind::kPromotion, .answer = note.answer.has_value(), .body = encode_promotion_note(note)});
}

void PromotionDesk::judge(raft::NodeId learner, std::function<void(PromotionWord)> answer) {
  // A round of the leader proves that it is one still.
  office_.read([this, learner, answer = std::move(answer)](const auto& view) {
    if (view && office_.leads()) answer(judge_(learner));
  });
}

void PromotionDesk::status_changed(const raft::CoreStatus& status) {
  const std::lock_guard lock(mutex_);
  if (leader_ != status.leader) {
    for (auto& [ticket, question] : questions_) question.asked = {};
  }
  leader_ = status.leader;
}

void PromotionDesk::received(raft::NodeId from, const Note& received) {
  const auto note = decode_promotion_note(received);
  if (!note) return;
  if (note->answer) return waiters_.answer({{note->ticket, *note->answer}});
  if (!office_.leads()) return;
  judge(note->learner, [this, from, note = *note](PromotionWord word) mutable {
    note.answer = word;
    send(from, note);
  });
}

void PromotionDesk::ticked(Clock::time_point now) {
  std::vector<std::pair<std::uint64_t, raft::NodeId>> again;
  bool leader_known = false;
  {
    const std::lock_guard lock(mutex_);
    leader_known = leader_.has_value();
    std::erase_if(questions_, [this](const auto& item) { return !waiters_.waits(item.first); });
    for (auto& [ticket, question] : questions_) {
      if (now - question.asked < options_.ask_again) continue;
      question.asked = now;
      again.emplace_back(ticket, question.learner);
    }
  }
  waiters_.expire(now, [leader_known](Clock::time_point) {
    return leader_known ? ServerError::kTimeout : ServerError::kNoLeader;
  });
  for (const auto& [ticket, learner] : again) route(ticket, learner);
}

}  // namespace kv
