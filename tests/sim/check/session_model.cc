#include "tests/sim/check/session_model.h"

#include <algorithm>

#include "libkv/machine/outcome_codec.h"

namespace sim {

std::optional<kv::Outcome> SessionModel::recall(const kv::SessionTag& tag, std::uint64_t index,
                                                std::int64_t revision) {
  kv::Outcome unknown{.revision = revision, .result = std::unexpected(kv::KvError::kSessionExpired)};
  const auto found = sessions_.find(tag.session);
  if (found == sessions_.end()) {
    if (tag.session.birth < horizon_ || tag.session.birth >= index) return unknown;
    return std::nullopt;
  }
  const Past& past = found->second;
  if (const auto told = past.outcomes.find(tag.sequence); told != past.outcomes.end()) return told->second;
  if (tag.sequence > past.floor) return std::nullopt;
  unknown.result = std::unexpected(kv::KvError::kResultForgotten);
  return unknown;
}

void SessionModel::keep(const kv::SessionTag& tag, std::uint64_t index, const kv::Outcome& outcome) {
  Past& past = sessions_[tag.session];
  past.used = index;
  past.floor = std::max(past.floor, tag.acknowledged);
  if (tag.sequence > limits_.sequences_max)
    past.floor = std::max(past.floor, tag.sequence - limits_.sequences_max);
  std::erase_if(past.outcomes, [&](const auto& one) { return one.first <= past.floor; });
  kv::Outcome kept = outcome;
  // The encoding says how large a result is; what it says is held against this one's at every retry.
  const auto encoded = kv::decode_outcome(kv::encode_outcome(outcome, limits_.result_bytes_max));
  if (outcome.result && !encoded->result) kept.result = std::unexpected(kv::KvError::kResultTooLarge);
  past.outcomes.emplace(tag.sequence, std::move(kept));
  if (sessions_.size() <= limits_.sessions_max) return;
  const auto oldest =
      std::ranges::min_element(sessions_, {}, [](const auto& session) { return session.second.used; });
  horizon_ = std::max(horizon_, oldest->second.used);
  sessions_.erase(oldest);
}

}  // namespace sim
