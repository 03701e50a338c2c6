#include "tests/sim/check/model.h"

#include <algorithm>

namespace sim {
namespace {

bool in_range(const std::string& candidate, const std::string& key, const std::string& range_end) {
  if (range_end.empty()) return candidate == key;
  if (candidate < key) return false;
  return range_end == std::string(1, '\0') || candidate < range_end;
}

template <class T>
bool compares(kv::Compare::Result result, const T& have, const T& wanted) {
  switch (result) {
    case kv::Compare::Result::kEqual:
      return have == wanted;
    case kv::Compare::Result::kGreater:
      return have > wanted;
    case kv::Compare::Result::kLess:
      return have < wanted;
    case kv::Compare::Result::kNotEqual:
      return have != wanted;
  }
  return false;
}

}  // namespace

std::optional<kv::KeyValue> Model::get(const std::string& key) const {
  const auto found = keys_.find(key);
  if (found == keys_.end() || found->second.back().deleted) return std::nullopt;
  return found->second.back().kv;
}

kv::RangeResult Model::range(const std::string& key, const std::string& range_end,
                             std::int64_t revision) const {
  kv::RangeResult result;
  for (const auto& [name, versions] : keys_) {
    if (!in_range(name, key, range_end)) continue;
    const auto after = std::upper_bound(
        versions.begin(), versions.end(), revision,
        [](std::int64_t wanted, const Version& version) { return wanted < version.revision; });
    if (after == versions.begin() || (after - 1)->deleted) continue;
    result.kvs.push_back((after - 1)->kv);
  }
  result.count = static_cast<std::int64_t>(result.kvs.size());
  return result;
}

void Model::write(const std::string& key, kv::KeyValue kv, bool deleted) {
  keys_[key].push_back({revision_ + 1, changed_++, std::move(kv), deleted});
}

std::vector<kv::Change> Model::changes(const std::string& key, const std::string& range_end,
                                       std::int64_t from, std::int64_t to) const {
  std::vector<kv::Change> found;
  for (const auto& [name, versions] : keys_) {
    if (!in_range(name, key, range_end)) continue;
    auto at = std::lower_bound(
        versions.begin(), versions.end(), from,
        [](const Version& version, std::int64_t wanted) { return version.revision < wanted; });
    for (; at != versions.end() && at->revision <= to; ++at) {
      kv::Change change{
          .revision = {at->revision, at->sub}, .kv = at->kv, .deleted = at->deleted, .previous = {}};
      change.kv.key = name;
      change.kv.mod_revision = at->revision;
      if (at != versions.begin() && !(at - 1)->deleted) change.previous = (at - 1)->kv;
      found.push_back(std::move(change));
    }
  }
  std::sort(found.begin(), found.end(),
            [](const kv::Change& a, const kv::Change& b) { return a.revision < b.revision; });
  return found;
}

kv::PutResult Model::put(const kv::PutOp& op) {
  const auto before = get(op.key);
  kv::KeyValue now{.key = op.key, .value = op.value};
  now.mod_revision = revision_ + 1;
  now.lease = op.lease;
  now.create_revision = before ? before->create_revision : revision_ + 1;
  now.version = before ? before->version + 1 : 1;
  write(op.key, std::move(now), false);
  return {.previous = op.prev_kv ? before : std::nullopt};
}

kv::DeleteRangeResult Model::delete_range(const kv::DeleteRangeOp& op) {
  kv::DeleteRangeResult result;
  const kv::RangeResult hit = range(op.key, op.range_end, revision_ + 1);
  result.deleted = hit.count;
  for (const kv::KeyValue& kv : hit.kvs) write(kv.key, {}, true);
  if (op.prev_kv) result.previous = hit.kvs;
  return result;
}

bool Model::holds(const kv::Compare& compare) const {
  const kv::KeyValue kv = get(compare.key).value_or(kv::KeyValue{});
  switch (compare.target) {
    case kv::Compare::Target::kVersion:
      return compares(compare.result, kv.version, compare.number);
    case kv::Compare::Target::kCreate:
      return compares(compare.result, kv.create_revision, compare.number);
    case kv::Compare::Target::kMod:
      return compares(compare.result, kv.mod_revision, compare.number);
    case kv::Compare::Target::kValue:
      return compares(compare.result, kv.value, compare.value);
    case kv::Compare::Target::kLease:
      return compares(compare.result, kv.lease, compare.number);
  }
  return false;
}

kv::TxnResult Model::txn(const kv::TxnOp& op) {
  kv::TxnResult result;
  result.succeeded = std::all_of(op.compares.begin(), op.compares.end(),
                                 [this](const kv::Compare& compare) { return holds(compare); });
  for (const kv::Op& one : result.succeeded ? op.success : op.failure) {
    kv::OpResult answer;
    if (const auto* ranged = std::get_if<kv::RangeOp>(&one.value)) {
      answer.value = range(ranged->key, ranged->range_end, revision_ + 1);
    } else if (const auto* written = std::get_if<kv::PutOp>(&one.value)) {
      answer.value = put(*written);
    } else if (const auto* deleted = std::get_if<kv::DeleteRangeOp>(&one.value)) {
      answer.value = delete_range(*deleted);
    } else if (const auto* nested = std::get_if<kv::TxnOp>(&one.value)) {
      answer.value = txn(*nested);
      result.responses.push_back(std::move(answer));
      continue;
    }
    // Its size counts where results are kept.
    answer.revision = revision_ + (changed_ > 0 ? 1 : 0);
    result.responses.push_back(std::move(answer));
  }
  return result;
}

std::vector<std::string> Model::keys_of(std::int64_t lease) const {
  std::vector<std::string> keys;
  for (const auto& [key, versions] : keys_) {
    if (!versions.back().deleted && versions.back().kv.lease == lease) keys.push_back(key);
  }
  return keys;
}

/// All of its keys go in one revision.
kv::Outcome Model::end_lease(std::int64_t lease, bool expired) {
  kv::Outcome outcome;
  if (leases_.erase(lease) == 0) {
    outcome.result = std::unexpected(kv::KvError::kLeaseNotFound);
    return outcome;
  }
  for (const std::string& key : keys_of(lease)) write(key, {}, true);
  outcome.result = kv::LeaseRevokeResult{.lease = lease, .expired = expired};
  return outcome;
}

std::optional<kv::Outcome> Model::apply_lease(const kv::Operation& operation, raft::Term term) {
  kv::Outcome outcome;
  if (const auto* grant = std::get_if<kv::LeaseGrantOp>(&operation)) {
    if (leases_.emplace(grant->lease, grant->ttl).second) {
      outcome.result = kv::LeaseGrantResult{.lease = grant->lease, .ttl = grant->ttl};
    } else {
      outcome.result = std::unexpected(kv::KvError::kLeaseExists);
    }
    return outcome;
  }
  if (const auto* revoke = std::get_if<kv::LeaseRevokeOp>(&operation)) return end_lease(revoke->lease, false);
  if (const auto* expire = std::get_if<kv::LeaseExpireOp>(&operation)) {
    if (expire->term == term) return end_lease(expire->lease, true);
    outcome.result = std::unexpected(kv::KvError::kLeaseNotFound);
    return outcome;
  }
  const auto* told = std::get_if<kv::LeaseCheckpointOp>(&operation);
  if (told == nullptr) return std::nullopt;
  kv::LeaseCheckpointResult result;
  for (const kv::LeaseRemaining& one : told->leases) {
    if (told->term == term && leases_.contains(one.lease)) result.leases.push_back(one);
  }
  outcome.result = std::move(result);
  return outcome;
}

std::optional<kv::Outcome> Model::apply(const kv::Operation& operation, raft::Term term) {
  kv::Outcome outcome;
  if (auto lease = apply_lease(operation, term)) {
    outcome = std::move(*lease);
  } else if (const auto* written = std::get_if<kv::PutOp>(&operation)) {
    if (written->lease == 0 || leases_.contains(written->lease)) {
      outcome.result = put(*written);
    } else {
      outcome.result = std::unexpected(kv::KvError::kLeaseNotFound);
    }
  } else if (const auto* deleted = std::get_if<kv::DeleteRangeOp>(&operation)) {
    outcome.result = delete_range(*deleted);
  } else if (const auto* asked = std::get_if<kv::TxnOp>(&operation)) {
    outcome.result = txn(*asked);
  } else if (const auto* compact = std::get_if<kv::CompactOp>(&operation)) {
    outcome.result = kv::CompactResult{};
    if (compact->revision <= compacted_) {
      outcome.result = std::unexpected(kv::KvError::kCompacted);
    } else if (compact->revision > revision_) {
      outcome.result = std::unexpected(kv::KvError::kFutureRevision);
    } else {
      compacted_ = compact->revision;
    }
  } else {
    return std::nullopt;
  }
  if (changed_ > 0) ++revision_;
  changed_ = 0;
  outcome.revision = revision_;
  return outcome;
}

}  // namespace sim
