// Which commands a cluster may use: those that all of its members know.
//
// Every member tells the others the newest version it knows; when all have told, the leader raises the
// cluster's version to the lowest of them, through the log. So members are upgraded one at a time, and rolled
// back one at a time until the last one is upgraded. The version never falls: a member that knows less
// refuses to start.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "libkv/machine/command.h"
#include "libraft/base/result.h"

namespace kv {

/// Of the commands of kinds up to 20 (FORMAT.md), and of a cluster that was told of no version.
inline constexpr std::uint32_t kBaseVersion = 1;
/// What this program knows. One more for every release with a new kind of command, or a new part of one.
inline constexpr std::uint32_t kKnownVersion = 3;
/// What a command in a session needs, whatever its operation.
inline constexpr std::uint32_t kSessionsVersion = 2;
/// What the commands about users and roles need, and any command that bears a user.
inline constexpr std::uint32_t kAuthVersion = 3;

/// The version that the cluster must have before `operation` may be proposed.
struct RequiredVersion {
  /// Itself only proposed when all members know the version that it names.
  std::uint32_t operator()(const RaiseVersionOp&) const { return kBaseVersion; }
  std::uint32_t operator()(const AuthEnableOp&) const { return kAuthVersion; }
  std::uint32_t operator()(const AuthDisableOp&) const { return kAuthVersion; }
  std::uint32_t operator()(const UserAddOp&) const { return kAuthVersion; }
  std::uint32_t operator()(const UserDeleteOp&) const { return kAuthVersion; }
  std::uint32_t operator()(const UserChangePasswordOp&) const { return kAuthVersion; }
  std::uint32_t operator()(const UserGrantRoleOp&) const { return kAuthVersion; }
  std::uint32_t operator()(const UserRevokeRoleOp&) const { return kAuthVersion; }
  std::uint32_t operator()(const RoleAddOp&) const { return kAuthVersion; }
  std::uint32_t operator()(const RoleDeleteOp&) const { return kAuthVersion; }
  std::uint32_t operator()(const RoleGrantPermissionOp&) const { return kAuthVersion; }
  std::uint32_t operator()(const RoleRevokePermissionOp&) const { return kAuthVersion; }
  std::uint32_t operator()(const AuthenticateOp&) const { return kAuthVersion; }
  template <class BaseOp>
  std::uint32_t operator()(const BaseOp&) const {
    return kBaseVersion;
  }
};
inline std::uint32_t required_version(const Operation& operation) {
  return std::visit(RequiredVersion{}, operation);
}

/// The row of the cluster's version in the state (libkv/mvcc/FORMAT.md).
std::pair<std::string, std::string> command_version_row(std::uint32_t version);
/// kCorruption or, for a row of another version, kMismatch.
raft::Result<std::uint32_t> decode_command_version(std::string_view value);

/// kMismatch when a cluster of that version uses commands that a program which knows `known` does not.
raft::Result<void> check_known(std::uint32_t version, std::uint32_t known);

}  // namespace kv
