#include "tests/sim/world/session_clients.h"

#include <algorithm>
#include <utility>

#include "tests/sim/check/outcome_text.h"

namespace sim {
namespace {

constexpr std::uint64_t kSessionConcern = 5;
/// Their commands are numbered above those of everyone else, but for the members'.
constexpr std::uint64_t kFirstSessionNumber = 1ULL << 52U;
constexpr std::uint32_t kDoublingsMax = 6;

/// Nobody knows what became of it; no attempt will be made any more.
bool is_lost(const kv::Outcome& outcome) {
  if (outcome.result) return false;
  const kv::KvError error = outcome.result.error();
  return error == kv::KvError::kSessionExpired || error == kv::KvError::kResultForgotten ||
         error == kv::KvError::kResultTooLarge;
}

/// It was not made, and the number is still good: the client asks again as what it is now.
bool is_refused_by_auth(const kv::Outcome& outcome) {
  if (outcome.result) return false;
  const kv::KvError error = outcome.result.error();
  return error == kv::KvError::kAuthOldRevision || error == kv::KvError::kUserEmpty;
}

}  // namespace

SessionClients::SessionClients(const Surroundings& around, std::function<Node*(Dice&)> choose)
    : around_(around),
      choose_(std::move(choose)),
      dice_(around.options.seed, kSessionConcern),
      clients_(around.options.load.session_clients),
      next_(kFirstSessionNumber) {}

void SessionClients::start() {
  for (std::size_t i = 0; i < clients_.size(); ++i) go_on(i, around_.options.load.session_think);
}

void SessionClients::go_on(std::size_t client, Micros typical) {
  if (stopped_) return;
  around_.queue.after(dice_.long_tailed(typical), [this, client] { act(client); });
}

void SessionClients::act(std::size_t client) {
  if (stopped_) return;
  Client& mine = clients_[client];
  // Whoever is slow is not helped by being asked more often.
  go_on(client, mine.write ? around_.options.load.session_retry << std::min(mine.attempts, kDoublingsMax)
                           : around_.options.load.session_think);
  Node* const node = choose_(dice_);
  if (node == nullptr) return;
  if (!mine.write) {
    if (mine.writes_left-- == 0) open(client, *node);
    ++mine.sequence;
    mine.write = draw(mine);
    mine.attempts = 0;
  }
  ++mine.attempts;
  send(client, *node);
  if (!dice_.percent(15)) return;
  if (Node* const other = choose_(dice_); other != nullptr) send(client, *other);
}

/// Attempts in the session before may still come, so that a key of its own goes with each.
void SessionClients::open(std::size_t client, const Node& node) {
  clients_[client] = {.session = {.birth = node.machine().applied().index.value(), .nonce = dice_.next()},
                      .sequence = 0,
                      .write = {},
                      .attempts = 0,
                      .key = "once/" + std::to_string(keys_++),
                      .version = 0,
                      .writes_left = static_cast<std::uint32_t>(dice_.between(0, 20))};
}

kv::Operation SessionClients::draw(const Client& client) {
  const std::uint64_t what = dice_.below(100);
  kv::PutOp put{.key = client.key, .value = std::to_string(client.sequence), .prev_kv = true};
  if (what < 15) return kv::DeleteRangeOp{.key = client.key, .prev_kv = true};
  if (what < 60) return put;
  kv::TxnOp txn;
  txn.compares.push_back(
      {.target = kv::Compare::Target::kVersion, .key = client.key, .number = client.version});
  txn.success.push_back({std::move(put)});
  txn.failure.push_back({kv::RangeOp{.key = client.key}});
  return txn;
}

void SessionClients::send(std::size_t client, Node& node) {
  const Client& mine = clients_[client];
  const std::uint64_t number = next_++;
  attempts_[number] = {.client = client, .session = mine.session, .sequence = mine.sequence};
  const kv::SessionTag tag{.session = mine.session,
                           .sequence = mine.sequence,
                           .acknowledged = dice_.percent(50) ? mine.sequence - 1 : 0};
  around_.trace.note(around_.queue.now(), "once", node.self().value(), number, client,
                     [&] { return "#" + std::to_string(mine.sequence) + " " + kv::describe(*mine.write); });
  node.propose(std::make_shared<const std::string>(
      kv::encode_command(node.self(), number, *mine.write, tag, node.as("root"))));
}

void SessionClients::answered(const kv::Applied& applied) {
  const auto found = attempts_.find(applied.sequence);
  if (found == attempts_.end()) return;
  const Attempt attempt = found->second;
  attempts_.erase(found);
  if (applied.repeated && applied.outcome.result) around_.coverage.hit(Sometimes::kRetryToldFirst);
  const Client& client = clients_[attempt.client];
  const bool waits = client.write && client.session == attempt.session && client.sequence == attempt.sequence;
  if (waits) take(attempt.client, applied.outcome);
}

void SessionClients::take(std::size_t client, const kv::Outcome& outcome) {
  if (is_refused_by_auth(outcome)) return;
  Client& mine = clients_[client];
  mine.write.reset();
  around_.trace.note(around_.queue.now(), "told", 0, mine.sequence, client, [&] { return text(outcome); });
  if (is_lost(outcome)) {
    if (outcome.result.error() == kv::KvError::kSessionExpired)
      around_.coverage.hit(Sometimes::kSessionExpired);
    mine.writes_left = 0;
    return;
  }
  if (outcome.result && fits(mine, *outcome.result)) return;
  around_.verdict.fail("session client " + std::to_string(client) + ", write " +
                       std::to_string(mine.sequence) + " of " + mine.key + " at version " +
                       std::to_string(mine.version) + ": " + text(outcome));
}

bool SessionClients::fits(Client& client, const kv::OperationResult& result) const {
  const std::int64_t before = client.version;
  if (const auto* removed = std::get_if<kv::DeleteRangeResult>(&result)) {
    client.version = 0;
    return removed->deleted == (before > 0 ? 1 : 0);
  }
  const auto* put = std::get_if<kv::PutResult>(&result);
  if (const auto* txn = std::get_if<kv::TxnResult>(&result)) {
    if (!txn->succeeded) return false;
    put = std::get_if<kv::PutResult>(&txn->responses.at(0).value);
  }
  ++client.version;
  return put != nullptr && (put->previous ? put->previous->version : 0) == before;
}

}  // namespace sim
