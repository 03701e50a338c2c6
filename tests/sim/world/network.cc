#include "tests/sim/world/network.h"

#include <algorithm>
#include <memory>

namespace sim {
namespace {

constexpr std::uint64_t kNetworkConcern = 1;
constexpr std::uint64_t kEchoConcern = 6;
constexpr std::size_t kRememberedMax = 64;
constexpr std::size_t kAnswersMax = 128;
constexpr Micros kReplayDelayMax = 20 * kSecond;

}  // namespace

/// Commands are not idempotent, and the transport, which is TCP, delivers each at most once; for everything
/// else Raft itself must cope.
Network::Mail Network::repeatable(Mail mail) {
  std::erase_if(mail.messages, [](const raft::Message& message) {
    return std::holds_alternative<raft::ForwardProposals>(message);
  });
  return mail;
}

Network::Network(const NetworkOptions& options, std::uint64_t seed, EventQueue& queue, Coverage& coverage,
                 Deliver deliver)
    : options_(options),
      dice_(seed, kNetworkConcern),
      queue_(queue),
      coverage_(coverage),
      deliver_(std::move(deliver)),
      echo_dice_(seed, kEchoConcern) {}

void Network::cut_both(raft::NodeId a, raft::NodeId b) {
  cut(a, b);
  cut(b, a);
}

void Network::mend(raft::NodeId a, raft::NodeId b) {
  cut_.erase({a, b});
  cut_.erase({b, a});
}

void Network::send(raft::NodeId from, raft::NodeId to, std::vector<raft::Message> messages) {
  messages_sent_ += messages.size();
  Mail mail{{from, to}, std::move(messages)};
  if (options_.replay_permille > 0) remember(mail);
  keep_answers(mail);
  if (is_cut(from, to)) return;
  if (dice_.permille(options_.loss_permille)) {
    coverage_.hit(Sometimes::kMessageLost);
    return;
  }
  if (dice_.permille(options_.duplicate_permille)) {
    coverage_.hit(Sometimes::kMessageDuplicated);
    carry(repeatable(mail), draw_delay(mail.way) + dice_.below(kSecond));
  }
  const Micros delay = draw_delay(mail.way);
  carry(std::move(mail), delay);
}

/// Keeps a sample of the mail; now and then an old one is delivered once more.
void Network::remember(const Mail& mail) {
  if (!old_.empty() && dice_.permille(options_.replay_permille)) {
    coverage_.hit(Sometimes::kOldMessageReplayed);
    carry(repeatable(dice_.pick(old_)), dice_.below(kReplayDelayMax));
  }
  if (!dice_.percent(10)) return;
  old_.push_back(mail);
  if (old_.size() > kRememberedMax) old_.pop_front();
}

void Network::keep_answers(const Mail& mail) {
  for (const raft::Message& message : mail.messages) {
    const auto* reply = std::get_if<raft::AppendReply>(&message);
    if (reply == nullptr || !reply->success) continue;
    Answers& answers = answers_[mail.way.second];
    if (reply->term > answers.term) {
      answers.earlier = std::exchange(answers.now, {});
      answers.term = reply->term;
    }
    if (answers.now.size() < kAnswersMax) {
      answers.now.emplace_back(mail.way.first, *reply);
    } else if (echo_dice_.percent(20)) {
      answers.now[echo_dice_.below(kAnswersMax)] = {mail.way.first, *reply};
    }
  }
}

bool Network::echo(raft::NodeId to) {
  const auto found = answers_.find(to);
  if (found == answers_.end() || found->second.earlier.empty()) return false;
  const auto& [from, reply] = echo_dice_.pick(found->second.earlier);
  std::vector<raft::Message> messages;
  messages.emplace_back(reply);
  deliver_(from, to, std::move(messages));
  return true;
}

Micros Network::draw_delay(const Way& way) {
  const Micros delay = options_.delay_min + dice_.long_tailed(options_.delay_typical);
  if (!options_.in_order) return delay;
  Micros& last = last_arrival_[way];
  last = std::max(last, queue_.now() + delay);
  return last - queue_.now();
}

void Network::carry(Mail mail, Micros delay) {
  auto shared = std::make_shared<Mail>(std::move(mail));  // std::function copies what it holds
  queue_.after(delay, [this, shared] {
    if (is_cut(shared->way.first, shared->way.second)) return;
    deliver_(shared->way.first, shared->way.second, std::move(shared->messages));
  });
}

}  // namespace sim
