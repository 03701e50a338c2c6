// What applying a command gave: the same on every member, told to the client by the one that asked.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "libkv/machine/alarm.h"
#include "libkv/machine/command.h"
#include "libkv/machine/member_info.h"
#include "libkv/mvcc/range.h"

namespace kv {

struct PutResult {
  std::optional<KeyValue> previous;  ///< when prev_kv was asked and the key existed
};

struct DeleteRangeResult {
  std::int64_t deleted = 0;
  std::vector<KeyValue> previous;  ///< in key order, when prev_kv was asked
};

struct OpResult;

struct TxnResult {
  bool succeeded = false;
  std::vector<OpResult> responses;  ///< one per op of the branch that ran
};

/// The result of one step of a Txn. `revision` is what the nested response's header says (contract
/// section 1.0.2).
struct OpResult {
  std::int64_t revision = 0;
  std::variant<RangeResult, PutResult, DeleteRangeResult, TxnResult> value;
};

struct CompactResult {};
struct PublishMemberResult {};

/// Of a change of members: all of them afterwards, sorted by id, and the one that it was about.
struct MembersResult {
  std::vector<MemberInfo> members;
  MemberInfo member;
};

struct LeaseGrantResult {
  std::int64_t lease = 0;
  std::int64_t ttl = 0;  ///< seconds
};

/// Of a revoke and of an expiry.
struct LeaseRevokeResult {
  std::int64_t lease = 0;
  bool expired = false;
};

/// Those of the leases that exist.
struct LeaseCheckpointResult {
  std::vector<LeaseRemaining> leases;
};

/// The alarm that a command raised or took back; none when there was nothing to take back.
struct AlarmResult {
  std::optional<Alarm> alarm;
};

/// The version that the cluster has afterwards.
struct RaiseVersionResult {
  std::uint32_t version = 0;
};

/// Of a change of users or roles: how the table is afterwards, for those who remember tokens.
struct AuthResult {
  bool enabled = false;
  std::uint64_t revision = 0;
  std::string forget_user;  ///< was deleted, or has another password; else empty
};

/// The user has this token from now on.
struct AuthenticateResult {
  std::string user;
  TokenDigest token_digest{};
  std::uint64_t revision = 0;
};

using OperationResult =
    std::variant<PutResult, DeleteRangeResult, TxnResult, CompactResult, PublishMemberResult, MembersResult,
                 LeaseGrantResult, LeaseRevokeResult, LeaseCheckpointResult, AlarmResult, RaiseVersionResult,
                 AuthResult, AuthenticateResult>;

/// `revision` is the store's revision after the command, for the response header; set with errors too.
struct Outcome {
  std::int64_t revision = 0;
  std::expected<OperationResult, KvError> result;
};

}  // namespace kv
