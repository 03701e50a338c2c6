#include "tests/sim/world/lease_clients.h"

#include <utility>

namespace sim {
namespace {

constexpr std::uint64_t kLeaseConcern = 4;
/// Their commands and questions are numbered above those of everyone else.
constexpr std::uint64_t kFirstLeaseNumber = 1ULL << 50U;

}  // namespace

LeaseClients::LeaseClients(const Surroundings& around, std::function<Node*(Dice&)> choose)
    : around_(around),
      choose_(std::move(choose)),
      dice_(around.options.seed, kLeaseConcern),
      holders_(around.options.load.lease_holders),
      next_(kFirstLeaseNumber) {}

void LeaseClients::start() {
  for (std::size_t i = 0; i < holders_.size(); ++i) go_on(i);
}

void LeaseClients::go_on(std::size_t holder) {
  if (stopped_) return;
  around_.queue.after(dice_.long_tailed(around_.options.load.lease_think), [this, holder] { act(holder); });
}

void LeaseClients::act(std::size_t holder) {
  if (stopped_) return;
  go_on(holder);
  Node* const node = choose_(dice_);
  if (node == nullptr) return;
  Holder& mine = holders_[holder];
  if (mine.lease == 0) return grant(*node, holder);
  if (mine.renewals_left-- == 0) {
    // Forgotten: it is to end by itself; or given back.
    if (dice_.percent(30)) propose(*node, holder, kv::LeaseRevokeOp{mine.lease});
    mine = {};
    return;
  }
  if (dice_.percent(40)) {
    const std::string key = "lease/" + std::to_string(dice_.below(6));
    return propose(*node, holder, kv::PutOp{.key = key, .value = "v", .lease = mine.lease});
  }
  keep_alive(*node, holder);
}

std::uint64_t LeaseClients::expect(std::size_t holder, std::int64_t lease) {
  waiting_[next_] = {.holder = holder, .lease = lease, .asked = around_.queue.now()};
  return next_++;
}

void LeaseClients::propose(Node& node, std::size_t holder, const kv::Operation& operation) {
  const std::uint64_t number = expect(holder, holders_[holder].lease);
  around_.trace.note(around_.queue.now(), "lease", node.self().value(), number, holder,
                     [&] { return kv::describe(operation); });
  node.propose(std::make_shared<const std::string>(
      kv::encode_command(node.self(), number, operation, std::nullopt, node.as("root"))));
}

void LeaseClients::grant(Node& node, std::size_t holder) {
  const auto ttl = static_cast<std::int64_t>(dice_.between(1, 8));
  propose(node, holder, kv::LeaseGrantOp{.lease = next_lease_++, .ttl = ttl});
}

void LeaseClients::keep_alive(Node& node, std::size_t holder) {
  const std::uint64_t ticket = expect(holder, holders_[holder].lease);
  node.keep_alive(ticket, holders_[holder].lease);
}

void LeaseClients::answered(const kv::Applied& applied) {
  const auto found = waiting_.find(applied.sequence);
  if (found == waiting_.end()) return;
  const Waiting waiting = found->second;
  waiting_.erase(found);
  if (!applied.outcome.result) return;
  const auto* granted = std::get_if<kv::LeaseGrantResult>(&*applied.outcome.result);
  if (granted == nullptr) return;
  around_.kv.leases().promised(granted->lease, waiting.asked, granted->ttl);
  holders_[waiting.holder] = {.lease = granted->lease,
                              .ttl = granted->ttl,
                              .renewals_left = static_cast<std::uint32_t>(dice_.between(0, 40))};
}

void LeaseClients::renewed(std::uint64_t ticket, std::int64_t ttl) {
  const auto found = waiting_.find(ticket);
  if (found == waiting_.end()) return;
  const Waiting waiting = found->second;
  waiting_.erase(found);
  Holder& mine = holders_[waiting.holder];
  around_.trace.note(around_.queue.now(), "renewed", 0, ticket, static_cast<std::uint64_t>(ttl),
                     [&] { return "lease " + std::to_string(waiting.lease); });
  if (ttl > 0) {
    around_.coverage.hit(Sometimes::kLeaseRenewed);
    around_.kv.leases().promised(waiting.lease, waiting.asked, ttl);
  } else if (mine.lease == waiting.lease) {
    mine = {};
  }
}

}  // namespace sim
