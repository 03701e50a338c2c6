#include "tests/sim/check/outcome_text.h"

namespace sim {
namespace {

using sim::text;

std::string number(std::int64_t value) {
  return std::to_string(value);
}

std::string text(const kv::KeyValue& kv) {
  return kv.key + "=" + kv.value.substr(0, 24) + "#" + number(static_cast<std::int64_t>(kv.value.size())) +
         "/c" + number(kv.create_revision) + "m" + number(kv.mod_revision) + "v" + number(kv.version);
}

std::string text(const kv::PutResult& put) {
  return put.previous ? "put was " + text(*put.previous) : "put";
}

std::string text(const kv::DeleteRangeResult& deleted) {
  std::string out = "deleted " + number(deleted.deleted);
  for (const kv::KeyValue& kv : deleted.previous) out += " " + text(kv);
  return out;
}

std::string text(const kv::CompactResult& /*compact*/) {
  return "compacted";
}
std::string text(const kv::LeaseGrantResult& grant) {
  return "granted " + number(grant.lease) + " for " + number(grant.ttl) + " s";
}
std::string text(const kv::LeaseRevokeResult& revoke) {
  return (revoke.expired ? "expired " : "revoked ") + number(revoke.lease);
}
std::string text(const kv::LeaseCheckpointResult& checkpoint) {
  std::string out = "checkpoint";
  for (const kv::LeaseRemaining& one : checkpoint.leases) {
    out += " " + number(one.lease) + ":" + number(one.seconds);
  }
  return out;
}
std::string text(const kv::PublishMemberResult& /*publish*/) {
  return "published";
}

std::string text(const kv::MembersResult& members) {
  std::string out = "members";
  for (const kv::MemberInfo& member : members.members) {
    out += " " + number(static_cast<std::int64_t>(member.id.value()));
    if (member.learner) out += "l";
    if (member.promote_when_caught_up) out += "p";
  }
  return out;
}

std::string text(const kv::AlarmResult& alarm) {
  if (!alarm.alarm) return "no alarm";
  return "alarm " + number(static_cast<int>(alarm.alarm->type)) + " of " +
         number(static_cast<std::int64_t>(alarm.alarm->member.value()));
}

std::string text(const kv::RaiseVersionResult& raise) {
  return "version " + number(raise.version);
}

std::string text(const kv::AuthResult& auth) {
  return "auth " + std::string(auth.enabled ? "on" : "off") + " at " +
         number(static_cast<std::int64_t>(auth.revision)) +
         (auth.forget_user.empty() ? "" : " without tokens of " + auth.forget_user);
}

std::string text(const kv::AuthenticateResult& authenticated) {
  return "token of " + authenticated.user;
}

std::string text(const kv::TxnResult& txn) {
  std::string out = txn.succeeded ? "txn yes" : "txn no";
  for (const kv::OpResult& one : txn.responses) {
    out += " (" + std::visit([](const auto& result) { return text(result); }, one.value) + ")";
  }
  return out;
}

}  // namespace

std::string text(const kv::RangeResult& range) {
  std::string out = "range " + number(range.count);
  if (range.more) out += "+";
  for (const kv::KeyValue& kv : range.kvs) out += " " + text(kv);
  return out;
}

std::string text(const kv::Outcome& outcome) {
  std::string out = "r" + number(outcome.revision) + " ";
  if (!outcome.result) return out + "refused " + number(static_cast<int>(outcome.result.error()));
  return out + std::visit([](const auto& result) { return text(result); }, *outcome.result);
}

}  // namespace sim
