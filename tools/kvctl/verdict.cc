#include "tools/kvctl/verdict.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace tools::kvctl {
namespace {

using kv::rpc::Code;
using kv::rpc::Status;

struct Known {
  std::string_view text;
  Verdict verdict;
};

/// Texts that say more than their code. All of them mean that nothing was applied.
constexpr std::array kKnown = {
    Known{"etcdserver: no leader", {true, kExitTemporary}},
    Known{"etcdserver: leader changed", {true, kExitTemporary}},
    Known{"etcdserver: too many requests", {true, kExitTemporary}},
    Known{"raft proposal dropped", {true, kExitTemporary}},
    Known{"etcdserver: rpc not supported for learner", {true, kExitTemporary}},
    Known{"etcdserver: unhealthy cluster", {false, kExitTemporary}},
    Known{"etcdserver: re-configuration failed due to not enough started members", {false, kExitConflict}},
    Known{"etcdserver: not capable", {false, kExitProtocol}},
    Known{"etcdserver: invalid client api version", {false, kExitProtocol}},
    Known{"etcdserver: key not found", {false, kExitNo}},
    Known{"etcdserver: request is too large", {false, kExitLimit}},
    Known{"etcdserver: too many operations in txn request", {false, kExitLimit}},
    Known{"etcdserver: mvcc: database space exceeded", {false, kExitLimit}},
    Known{"etcdserver: user name is empty", {false, kExitNoPermission}},
    Known{"etcdserver: authentication failed, invalid user ID or password", {false, kExitNoPermission}},
    Known{"etcdserver: revision of auth store is old", {false, kExitNoPermission}},
    Known{"auth: authentication failed, password was given for no password user", {false, kExitNoPermission}},
    Known{"bcrypt: password length exceeds 72 bytes", {false, kExitLimit}},
    Known{"auth: permission denied", {false, kExitNoPermission}},
    Known{"etcdserver: user name not found", {false, kExitNo}},
    Known{"etcdserver: role name not found", {false, kExitNo}},
    Known{"etcdserver: role is not granted to the user", {false, kExitNo}},
    Known{"etcdserver: permission is not granted to the role", {false, kExitNo}},
};

/// A new cluster, whose members are about to agree on what all of them know.
bool is_soon_capable(std::string_view message) {
  return message.starts_with("etcdserver: not capable") && message.ends_with("are about to agree on it");
}

std::optional<Verdict> known_verdict(std::string_view message) {
  if (is_soon_capable(message)) return Verdict{true, kExitTemporary};
  const auto found = std::ranges::find(kKnown, message, &Known::text);
  if (found == kKnown.end()) return std::nullopt;
  return found->verdict;
}

/// The server may or may not have done it: final for a write, but in a session; a read may ask again.
Verdict uncertain(Access access, Verdict of_a_read) {
  if (access == Access::kRead) return of_a_read;
  return {access == Access::kWriteOnce, kExitUnknown};
}

constexpr std::string_view kSessionExpired = "kvd: session expired";
/// They all begin so; what was applied before may have had any outcome.
constexpr std::array kOutcomeLost = {kSessionExpired, std::string_view("kvd: session sequence forgotten"),
                                     std::string_view("kvd: applied before")};

bool is_outcome_lost(std::string_view message) {
  return std::ranges::any_of(kOutcomeLost, [&](std::string_view text) { return message.starts_with(text); });
}

bool said_by_server(std::string_view message) {
  return message.starts_with("etcdserver: ") || message.starts_with("kvd: ") ||
         message.starts_with("grpc: received message larger than max");
}

Verdict judge_by_code(const Status& status, Access access) {
  switch (status.code) {
    case Code::kOk:
      return {false, kExitOk};
    case Code::kInvalidArgument:
      return {false, kExitUsage};
    case Code::kNotFound:
      return {false, kExitNo};
    case Code::kAlreadyExists:
    case Code::kFailedPrecondition:
      return {false, kExitConflict};
    case Code::kOutOfRange:
      return {false, kExitLimit};
    case Code::kPermissionDenied:
    case Code::kUnauthenticated:
      return {false, kExitNoPermission};
    case Code::kUnimplemented:
      return {false, kExitProtocol};
    case Code::kDataLoss:  // of one member: others have what it lost, and it is given another state
      return {access == Access::kRead, kExitData};
    case Code::kResourceExhausted:
      if (said_by_server(status.message)) return {false, kExitLimit};
      return uncertain(access, {false, kExitTemporary});
    case Code::kUnavailable:
      return uncertain(access, {true, kExitTemporary});
    case Code::kDeadlineExceeded:
      return uncertain(access, {true, kExitTimeout});
    case Code::kCancelled:
    case Code::kAborted:
      return uncertain(access, {true, kExitTemporary});
    case Code::kUnknown:
    case Code::kInternal:
      return uncertain(access, {false, kExitSoftware});
  }
  return {false, kExitSoftware};
}

}  // namespace

Verdict judge(const Status& status, bool sent, Access access) {
  if (const auto known = known_verdict(status.message)) return *known;
  if (is_outcome_lost(status.message)) return {false, kExitUnknown};
  if (sent || status.ok()) return judge_by_code(status, access);
  if (status.code == Code::kDeadlineExceeded) return {true, kExitTimeout};
  return {true, kExitUnavailable};
}

bool settles(const Status& status, const Verdict& verdict) {
  if (verdict.retry) return false;
  switch (verdict.exit) {
    case kExitNo:
    case kExitConflict:
    case kExitData:
    case kExitUsage:
      return true;
    case kExitLimit:
      return status.code != Code::kInvalidArgument;  // too large for that member
    default:
      return false;
  }
}

bool is_expired_session(const Status& status) {
  return status.message.starts_with(kSessionExpired);
}

bool may_pass(const Failure& failure) {
  return failure.exit == kExitUnavailable || failure.exit == kExitTemporary || failure.exit == kExitTimeout;
}

bool is_refused_token(std::string_view message, std::string_view token) {
  return message.ends_with("etcdserver: invalid auth token") ||
         message.ends_with("etcdserver: revision of auth store is old") ||
         (token.empty() && message.ends_with("etcdserver: user name is empty"));
}

}  // namespace tools::kvctl
