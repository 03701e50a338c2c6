#include "tests/sim/world/auth_clients.h"

#include <utility>

namespace sim {
namespace {

constexpr std::uint64_t kAuthConcern = 6;
constexpr std::uint64_t kFirstAuthNumber = 1ULL << 53U;
const std::string kRoot = "root";
/// All keys that these clients write lie in front of it.
const std::string kBehindKeys = "auth0";

}  // namespace

AuthClients::AuthClients(const Surroundings& around, std::function<Node*(Dice&)> choose)
    : around_(around),
      choose_(std::move(choose)),
      dice_(around.options.seed, kAuthConcern),
      next_(kFirstAuthNumber) {}

void AuthClients::start() {
  for (std::uint32_t i = 0; i < around_.options.load.auth_clients; ++i) go_on(i);
}

void AuthClients::go_on(std::uint32_t client) {
  if (stopped_) return;
  around_.queue.after(dice_.long_tailed(around_.options.load.auth_think), [this, client] { act(client); });
}

void AuthClients::act(std::uint32_t client) {
  if (stopped_) return;
  go_on(client);
  Node* const node = choose_(dice_);
  if (node == nullptr) return;
  if (!node->machine().auth_enabled() && dice_.percent(60)) return found(*node);
  dice_.percent(35) ? administer(*node) : write(*node);
}

void AuthClients::found(Node& node) {
  for (const kv::Operation& operation : {kv::Operation(kv::UserAddOp{.name = kRoot, .password_hash = "r"}),
                                         kv::Operation(kv::UserGrantRoleOp{.user = kRoot, .role = kRoot}),
                                         kv::Operation(kv::AuthEnableOp{})}) {
    propose(node, operation, node.as(kRoot));
  }
}

void AuthClients::administer(Node& node) {
  propose(node, draw_change(), dice_.percent(95) ? node.as(kRoot) : node.as(draw_user()));
}

/// Now and then under the revision before, or of nobody.
void AuthClients::write(Node& node) {
  std::optional<kv::Principal> principal = node.as(draw_user());
  if (principal && dice_.percent(8)) --principal->revision;
  if (dice_.percent(3)) principal.reset();
  if (principal) by_users_.insert(next_);
  propose(node, draw_write(), principal);
}

void AuthClients::propose(Node& node, const kv::Operation& operation,
                          const std::optional<kv::Principal>& principal) {
  const std::uint64_t number = next_++;
  around_.trace.note(around_.queue.now(), "auth", node.self().value(), number, 0, [&] {
    return kv::describe(operation) +
           (principal ? " as " + principal->user + "@" + std::to_string(principal->revision) : "");
  });
  node.propose(std::make_shared<const std::string>(
      kv::encode_command(node.self(), number, operation, std::nullopt, principal)));
}

void AuthClients::answered(const kv::Applied& applied) {
  if (applied.sequence < kFirstAuthNumber || applied.sequence >= next_) return;
  const bool by_user = by_users_.erase(applied.sequence) != 0;
  if (applied.outcome.result) {
    if (by_user) around_.coverage.hit(Sometimes::kUserAllowed);
    if (std::holds_alternative<kv::AuthResult>(*applied.outcome.result)) {
      around_.coverage.hit(Sometimes::kAuthChanged);
    }
    return;
  }
  const kv::KvError error = applied.outcome.result.error();
  if (error == kv::KvError::kPermissionDenied) around_.coverage.hit(Sometimes::kUserDenied);
  if (error == kv::KvError::kAuthOldRevision) around_.coverage.hit(Sometimes::kUserOvertaken);
}

/// One key, a range to another, or all that follow.
std::string AuthClients::draw_range_end() {
  const std::uint64_t what = dice_.below(100);
  if (what < 40) return "";
  return what < 90 ? draw_key() : std::string(1, '\0');
}

kv::Permission AuthClients::draw_permission() {
  return {.type = static_cast<kv::PermissionType>(dice_.below(3)),
          .key = draw_key(),
          .range_end = draw_range_end()};
}

kv::Operation AuthClients::draw_change() {
  const std::uint64_t what = dice_.below(100);
  if (what < 12) return kv::UserAddOp{.name = draw_user(), .password_hash = std::to_string(next_)};
  if (what < 15) return kv::UserDeleteOp{draw_user()};
  if (what < 18) return kv::UserChangePasswordOp{.name = draw_user(), .password_hash = std::to_string(next_)};
  if (what < 36) return kv::UserGrantRoleOp{.user = draw_user(), .role = draw_role()};
  if (what < 42) return kv::UserRevokeRoleOp{.user = draw_user(), .role = draw_role()};
  if (what < 52) return kv::RoleAddOp{draw_role()};
  if (what < 55) return kv::RoleDeleteOp{draw_role()};
  if (what < 82) return kv::RoleGrantPermissionOp{.role = draw_role(), .permission = draw_permission()};
  const kv::Permission drawn = draw_permission();
  if (what < 90) {
    return kv::RoleRevokePermissionOp{.role = draw_role(), .key = drawn.key, .range_end = drawn.range_end};
  }
  if (what < 92) return kv::AuthDisableOp{};
  if (what < 93) return kv::UserDeleteOp{kRoot};
  if (what < 94) return kv::UserGrantRoleOp{.user = draw_user(), .role = kRoot};
  if (what < 95) return kv::UserRevokeRoleOp{.user = draw_user(), .role = kRoot};
  return kv::AuthenticateOp{.user = draw_user(), .token_digest = {}, .revision = dice_.below(40)};
}

kv::Op AuthClients::draw_step(std::uint32_t depth) {
  const std::uint64_t what = dice_.below(100);
  const std::string key = draw_key();
  if (depth < 2 && what < 25) return {draw_txn(depth + 1)};
  if (what < 45) return {kv::RangeOp{.key = key, .range_end = draw_range_end()}};
  if (what < 60) return {kv::DeleteRangeOp{.key = key, .prev_kv = dice_.percent(30)}};
  return {kv::PutOp{.key = key, .value = std::to_string(next_), .prev_kv = dice_.percent(30)}};
}

/// A step a branch: the same key twice would be no request.
kv::TxnOp AuthClients::draw_txn(std::uint32_t depth) {
  kv::TxnOp txn;
  if (dice_.percent(50)) {
    txn.compares.push_back({.target = kv::Compare::Target::kVersion,
                            .key = draw_key(),
                            .number = static_cast<std::int64_t>(dice_.below(3))});
  }
  txn.success.push_back(draw_step(depth));
  if (dice_.percent(50)) txn.failure.push_back(draw_step(depth));
  return txn;
}

kv::Operation AuthClients::draw_write() {
  const std::uint64_t what = dice_.below(100);
  if (what < 30) {
    kv::PutOp put{.key = draw_key(), .value = std::to_string(next_), .prev_kv = dice_.percent(30)};
    // Of whoever holds it.
    if (dice_.percent(20)) put.lease = static_cast<std::int64_t>(dice_.between(1, 8));
    return put;
  }
  if (what < 50) {
    // Not of what other clients know alone.
    std::string end = draw_range_end();
    if (end == std::string(1, '\0')) end = kBehindKeys;
    return kv::DeleteRangeOp{.key = draw_key(), .range_end = end, .prev_kv = dice_.percent(30)};
  }
  if (what < 55) return kv::LeaseRevokeOp{static_cast<std::int64_t>(dice_.between(1, 8))};
  return draw_txn(0);
}

}  // namespace sim
