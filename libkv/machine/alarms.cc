#include "libkv/machine/alarms.h"

#include <algorithm>
#include <variant>

#include "libkv/mvcc/record.h"
#include "libraft/base/bytes.h"
#include "libraft/base/checksum.h"

namespace kv {
namespace {

using raft::ErrorCode;

constexpr std::uint8_t kAlarmRowVersion = 1;
constexpr std::uint8_t kAutomatic = 1U << 0U;
constexpr std::size_t kAlarmKeyBytes = 2 + 8 + 1;
constexpr std::size_t kAlarmChecksumBytes = 8;

bool is_known(std::uint8_t type) {
  return type == static_cast<std::uint8_t>(AlarmType::kNoSpace) ||
         type == static_cast<std::uint8_t>(AlarmType::kCorrupt);
}

raft::Result<Alarm> decode_alarm(std::string_view key, std::string_view value) {
  if (key.size() != kAlarmKeyBytes || value.size() < kAlarmChecksumBytes) {
    return raft::fail(ErrorCode::kCorruption, "a/", "malformed alarm row");
  }
  raft::ByteReader reader(value);
  const std::uint8_t version = reader.u8();
  const std::uint8_t flags = reader.u8();
  const auto type = static_cast<std::uint8_t>(key.back());
  const std::uint64_t member = raft::read_big_endian(key.substr(kAlarmPrefix.size(), 8));
  const std::string where = "a/" + std::to_string(member);
  const std::string_view body = value.substr(0, value.size() - kAlarmChecksumBytes);
  if (raft::ByteReader(value.substr(body.size())).u64() != raft::checksum(body, member)) {
    return raft::fail(ErrorCode::kCorruption, where, "checksum mismatch");
  }
  if (version != kAlarmRowVersion || (flags & ~kAutomatic) != 0 || !is_known(type)) {
    return raft::fail(ErrorCode::kMismatch, where,
                      "an alarm of type " + std::to_string(type) + " in version " + std::to_string(version));
  }
  return Alarm{.member = raft::NodeId(member),
               .type = static_cast<AlarmType>(type),
               .automatic = (flags & kAutomatic) != 0};
}

/// etcd's numbers: what a key costs beside its bytes, and what a lease costs.
constexpr std::uint64_t kKeyOverheadBytes = 256;
constexpr std::uint64_t kLeaseBytes = 64;

std::uint64_t cost_of_put(const PutOp& put) {
  return kKeyOverheadBytes + put.key.size() + put.value.size();
}

std::uint64_t cost_of_txn(const TxnOp& txn);

std::uint64_t cost_of_branch(const std::vector<Op>& ops) {
  std::uint64_t total = 0;
  for (const Op& op : ops) {
    if (const auto* put = std::get_if<PutOp>(&op.value)) total += cost_of_put(*put);
    if (const auto* txn = std::get_if<TxnOp>(&op.value)) total += cost_of_txn(*txn);
  }
  return total;
}

std::uint64_t cost_of_txn(const TxnOp& txn) {
  return std::max(cost_of_branch(txn.success), cost_of_branch(txn.failure));
}

/// Whether a damaged state must not carry this out.
bool touches_keys(const Operation& operation) {
  return std::holds_alternative<PutOp>(operation) || std::holds_alternative<DeleteRangeOp>(operation) ||
         std::holds_alternative<TxnOp>(operation) || std::holds_alternative<CompactOp>(operation) ||
         std::holds_alternative<LeaseGrantOp>(operation) || std::holds_alternative<LeaseRevokeOp>(operation);
}

}  // namespace

std::uint64_t cost_of(const Operation& operation) {
  if (const auto* put = std::get_if<PutOp>(&operation)) return cost_of_put(*put);
  if (const auto* txn = std::get_if<TxnOp>(&operation)) return cost_of_txn(*txn);
  if (std::holds_alternative<LeaseGrantOp>(operation)) return kLeaseBytes;
  return 0;
}

std::string AlarmTable::row_key(raft::NodeId member, AlarmType type) {
  std::string key(kAlarmPrefix);
  raft::append_big_endian(key, member.value());
  key += static_cast<char>(type);
  return key;
}

AlarmTable::Row AlarmTable::row(const Alarm& alarm) {
  std::string value;
  raft::ByteWriter writer(value);
  writer.u8(kAlarmRowVersion);
  writer.u8(alarm.automatic ? kAutomatic : std::uint8_t{0});
  writer.u64(raft::checksum(value, alarm.member.value()));
  return {row_key(alarm.member, alarm.type), std::move(value)};
}

raft::Result<AlarmTable> AlarmTable::from_rows(const std::vector<Row>& rows) {
  AlarmTable table;
  for (const auto& [key, value] : rows) {
    ASSIGN_OR_RETURN(const Alarm alarm, decode_alarm(key, value));
    table.activate(alarm);
  }
  return table;
}

Alarm AlarmTable::activate(const Alarm& alarm) {
  return alarms_.try_emplace({alarm.type, alarm.member}, alarm).first->second;
}

std::optional<Alarm> AlarmTable::deactivate(raft::NodeId member, AlarmType type, bool automatic_only) {
  const auto found = alarms_.find({type, member});
  if (found == alarms_.end() || (automatic_only && !found->second.automatic)) return std::nullopt;
  const Alarm gone = found->second;
  alarms_.erase(found);
  return gone;
}

std::optional<KvError> AlarmTable::refusal(const Operation& operation) const {
  if (alarms_.empty()) return std::nullopt;
  if (any(AlarmType::kCorrupt) && touches_keys(operation)) return KvError::kCorrupt;
  if (any(AlarmType::kNoSpace) && cost_of(operation) > 0) return KvError::kNoSpace;
  return std::nullopt;
}

std::vector<Alarm> AlarmTable::list() const {
  std::vector<Alarm> all;
  all.reserve(alarms_.size());
  for (const auto& [place, alarm] : alarms_) all.push_back(alarm);
  return all;
}

bool AlarmTable::any(AlarmType type) const {
  const auto first = alarms_.lower_bound({type, raft::NodeId(0)});
  return first != alarms_.end() && first->first.first == type;
}

}  // namespace kv
