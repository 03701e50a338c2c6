#include "libkv/machine/authorize.h"

#include <variant>

#include "libraft/base/mutant.h"

namespace kv {
namespace {

using Refusal = std::optional<KvError>;

/// Of the steps of a branch.
struct StepAuthorizer {
  const AuthTable& table;
  const Principal& principal;
  const LeaseTable& leases;

  Refusal operator()(const RangeOp& op) const { return may_range(table, principal, op); }
  Refusal operator()(const PutOp& op) const { return may_put(table, principal, op, leases); }
  Refusal operator()(const DeleteRangeOp& op) const { return may_delete(table, principal, op); }
  Refusal operator()(const TxnOp& op) const { return may_txn(table, principal, op, leases); }
};

Refusal may_all_of(const AuthTable& table, const Principal& principal, PermissionType need,
                   std::int64_t lease, const LeaseTable& leases) {
  if (!table.enabled() || !table.is_admin(principal)) return std::nullopt;
  const bool all =
      leases.all_keys(lease, [&](const std::string& key) { return !table.may(principal, need, key, {}); });
  return all ? std::nullopt : Refusal(KvError::kPermissionDenied);
}

/// Of commands. What clients do needs a user; what only an administrator may ask for is also what members
/// propose on their own account, without anyone.
struct CommandAuthorizer {
  const AuthTable& table;
  const LeaseTable& leases;
  const std::optional<Principal>& principal;

  Refusal operator()(const PutOp& op) const { return of_client(op); }
  Refusal operator()(const DeleteRangeOp& op) const { return of_client(op); }
  Refusal operator()(const TxnOp& op) const { return of_client(op); }
  Refusal operator()(const LeaseGrantOp&) const { return table.admit(principal); }
  Refusal operator()(const LeaseRevokeOp& op) const {
    if (const Refusal refusal = table.admit(principal)) return refusal;
    return may_change_lease(table, *principal, op.lease, leases);
  }
  /// The password was the check.
  Refusal operator()(const AuthenticateOp&) const { return std::nullopt; }

  Refusal operator()(const AuthEnableOp&) const { return table.is_admin(principal); }
  Refusal operator()(const AuthDisableOp&) const { return table.is_admin(principal); }
  Refusal operator()(const UserAddOp&) const { return table.is_admin(principal); }
  Refusal operator()(const UserDeleteOp&) const { return table.is_admin(principal); }
  Refusal operator()(const UserChangePasswordOp&) const { return table.is_admin(principal); }
  Refusal operator()(const UserGrantRoleOp&) const { return table.is_admin(principal); }
  Refusal operator()(const UserRevokeRoleOp&) const { return table.is_admin(principal); }
  Refusal operator()(const RoleAddOp&) const { return table.is_admin(principal); }
  Refusal operator()(const RoleDeleteOp&) const { return table.is_admin(principal); }
  Refusal operator()(const RoleGrantPermissionOp&) const { return table.is_admin(principal); }
  Refusal operator()(const RoleRevokePermissionOp&) const { return table.is_admin(principal); }

  Refusal operator()(const CompactOp&) const { return of_cluster(); }
  Refusal operator()(const AlarmOp&) const { return of_cluster(); }
  Refusal operator()(const PublishMemberOp&) const { return of_cluster(); }
  Refusal operator()(const AddMemberOp&) const { return of_cluster(); }
  Refusal operator()(const RemoveMemberOp&) const { return of_cluster(); }
  Refusal operator()(const UpdateMemberOp&) const { return of_cluster(); }
  Refusal operator()(const PromoteMemberOp&) const { return of_cluster(); }
  Refusal operator()(const LeaseExpireOp&) const { return of_cluster(); }
  Refusal operator()(const LeaseCheckpointOp&) const { return of_cluster(); }
  Refusal operator()(const RaiseVersionOp&) const { return of_cluster(); }

 private:
  template <class ClientOp>
  [[nodiscard]] Refusal of_client(const ClientOp& op) const {
    if (const Refusal refusal = table.admit(principal)) return refusal;
    return StepAuthorizer{table, *principal, leases}(op);
  }
  [[nodiscard]] Refusal of_cluster() const { return principal ? table.is_admin(principal) : std::nullopt; }
};

}  // namespace

std::optional<KvError> may_range(const AuthTable& table, const Principal& principal, const RangeOp& op) {
  return table.may(principal, PermissionType::kRead, op.key, op.range_end);
}

std::optional<KvError> may_put(const AuthTable& table, const Principal& principal, const PutOp& op,
                               const LeaseTable& leases) {
  if (const Refusal refusal = table.may(principal, PermissionType::kWrite, op.key, {})) return refusal;
  if (op.lease != 0) {
    if (const Refusal refusal = may_change_lease(table, principal, op.lease, leases)) return refusal;
  }
  if (op.prev_kv && !RAFT_MUTANT(kPrevKvUnchecked)) {
    return table.may(principal, PermissionType::kRead, op.key, {});
  }
  return std::nullopt;
}

std::optional<KvError> may_delete(const AuthTable& table, const Principal& principal,
                                  const DeleteRangeOp& op) {
  if (const Refusal refusal = table.may(principal, PermissionType::kWrite, op.key, op.range_end)) {
    return refusal;
  }
  if (op.prev_kv && !RAFT_MUTANT(kPrevKvUnchecked)) {
    return table.may(principal, PermissionType::kRead, op.key, op.range_end);
  }
  return std::nullopt;
}

std::optional<KvError> may_txn(const AuthTable& table, const Principal& principal, const TxnOp& op,
                               const LeaseTable& leases) {
  for (const Compare& compare : op.compares) {
    if (const Refusal refusal = table.may(principal, PermissionType::kRead, compare.key, compare.range_end)) {
      return refusal;
    }
  }
  const StepAuthorizer step{table, principal, leases};
  for (const auto* branch : {&op.success, &op.failure}) {
    for (const Op& one : *branch) {
      if (RAFT_MUTANT(kNestedTxnUnchecked) && std::holds_alternative<TxnOp>(one.value)) continue;
      if (const Refusal refusal = std::visit(step, one.value)) return refusal;
    }
  }
  return std::nullopt;
}

std::optional<KvError> may_change_lease(const AuthTable& table, const Principal& principal,
                                        std::int64_t lease, const LeaseTable& leases) {
  return may_all_of(table, principal, PermissionType::kWrite, lease, leases);
}

std::optional<KvError> may_list_lease(const AuthTable& table, const Principal& principal, std::int64_t lease,
                                      const LeaseTable& leases) {
  return may_all_of(table, principal, PermissionType::kRead, lease, leases);
}

std::optional<KvError> authorize(const AuthTable& table, const LeaseTable& leases,
                                 const std::optional<Principal>& principal, const Operation& operation) {
  if (!table.enabled()) return std::nullopt;
  return std::visit(CommandAuthorizer{table, leases, principal}, operation);
}

}  // namespace kv
