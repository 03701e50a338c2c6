#include "tests/sim/world/history.h"

#include <algorithm>
#include <cstdlib>

namespace sim {
namespace {

constexpr std::uint64_t kSearchStepsMax = 200000;

KeyState state_of(const kv::KeyValue& kv) {
  return {value_number(kv.value), static_cast<std::uint64_t>(kv.version)};
}

KeyState state_in(const kv::RangeResult& range, const std::string& key) {
  for (const kv::KeyValue& kv : range.kvs) {
    if (kv.key == key) return state_of(kv);
  }
  return {};
}

/// What a command does to the keys that the clients use.
std::vector<std::pair<std::string, KeyOperation>> effects_of(const kv::Operation& operation,
                                                             const std::vector<std::string>& keys) {
  std::vector<std::pair<std::string, KeyOperation>> effects;
  if (const auto* put = std::get_if<kv::PutOp>(&operation)) {
    effects.push_back({put->key, {.kind = KeyOperation::Kind::kPut, .value = value_number(put->value)}});
  } else if (const auto* deleted = std::get_if<kv::DeleteRangeOp>(&operation)) {
    for (const std::string& key : deleted->range_end.empty() ? std::vector{deleted->key} : keys)
      effects.push_back({key, {.kind = KeyOperation::Kind::kDelete}});
  } else if (const auto* txn = std::get_if<kv::TxnOp>(&operation)) {
    for (const kv::Op& op : txn->success) {
      const auto* write = std::get_if<kv::PutOp>(&op.value);
      if (write == nullptr) continue;
      KeyOperation effect{.kind = KeyOperation::Kind::kPut, .value = value_number(write->value)};
      if (!txn->compares.empty()) {
        effect.kind = KeyOperation::Kind::kPutIfVersion;
        effect.expected = static_cast<std::uint64_t>(txn->compares.front().number);
      }
      effects.push_back({write->key, effect});
    }
  }
  return effects;
}

/// What the answer says about the effects.
void learn(ClientOperation& operation, const kv::OperationResult& result) {
  for (auto& [key, effect] : operation.effects) {
    if (const auto* deleted = std::get_if<kv::DeleteRangeResult>(&result)) {
      if (operation.effects.size() == 1) effect.succeeded = deleted->deleted > 0;
    } else if (const auto* txn = std::get_if<kv::TxnResult>(&result)) {
      if (effect.kind != KeyOperation::Kind::kPutIfVersion) continue;
      effect.succeeded = txn->succeeded;
      if (txn->succeeded || txn->responses.empty()) continue;
      if (const auto* seen = std::get_if<kv::RangeResult>(&txn->responses.front().value))
        effect.seen = state_in(*seen, key);
    }
  }
}

}  // namespace

std::uint64_t value_number(const std::string& value) {
  return std::strtoull(value.c_str(), nullptr, 10);
}

ClientOperation& History::begin(raft::NodeId node, Micros now, const kv::Operation* operation,
                                const std::vector<std::string>& keys) {
  const std::uint64_t number = next_++;
  ClientOperation& begun = operations_[number];
  begun.number = number;
  begun.node = node;
  begun.invoked = now;
  begun.floor = floor_;
  begun.is_read = operation == nullptr;
  if (operation != nullptr) {
    begun.effects = effects_of(*operation, keys);
  } else {
    for (const std::string& key : keys) begun.effects.push_back({key, {.kind = KeyOperation::Kind::kRead}});
  }
  for (auto& [key, effect] : begun.effects) effect.invoked = now;
  return begun;
}

const ClientOperation* History::find(std::uint64_t number) const {
  const auto found = operations_.find(number);
  return found == operations_.end() ? nullptr : &found->second;
}

ClientOperation* History::pending(std::uint64_t number) {
  const auto found = operations_.find(number);
  if (found == operations_.end() || found->second.state != ClientOperation::State::kPending) return nullptr;
  return &found->second;
}

/// The fast check: whatever is answered is at or behind everything that was known before it began.
void History::finish(ClientOperation& operation, Micros now, std::int64_t revision) {
  operation.state = ClientOperation::State::kDone;
  for (auto& [key, effect] : operation.effects) effect.returned = now;
  if (revision < operation.floor) {
    verdict_.fail("operation " + std::to_string(operation.number) + " at member " +
                  std::to_string(operation.node.value()) + " answers from revision " +
                  std::to_string(revision) + "; when it began, revision " + std::to_string(operation.floor) +
                  " was known to clients");
  }
  floor_ = std::max(floor_, revision);
  ++coverage_.operations;
}

bool History::answered(std::uint64_t number, Micros now, const kv::Outcome& outcome) {
  ClientOperation* operation = pending(number);
  if (operation == nullptr) return false;
  if (outcome.result) {
    learn(*operation, *outcome.result);
  } else {
    operation->effects.clear();
  }
  for (const auto& [key, effect] : operation->effects) {
    if (effect.kind == KeyOperation::Kind::kPutIfVersion && effect.succeeded == false)
      coverage_.hit(Sometimes::kVersionConflict);
  }
  finish(*operation, now, outcome.revision);
  return true;
}

bool History::read_answered(std::uint64_t number, Micros now, std::int64_t revision,
                            const kv::RangeResult& result) {
  ClientOperation* operation = pending(number);
  if (operation == nullptr) return false;
  for (auto& [key, effect] : operation->effects) effect.seen = state_in(result, key);
  finish(*operation, now, revision);
  return true;
}

void History::give_up(std::uint64_t number) {
  if (ClientOperation* operation = pending(number)) operation->state = ClientOperation::State::kUnknown;
}

/// An operation without an answer: the log knows what became of it.
void History::settle(ClientOperation& operation, const KvChecks& log) {
  if (operation.state == ClientOperation::State::kDone) {
    if (!operation.is_read && log.fate_of(operation.number) == nullptr)
      verdict_.fail("operation " + std::to_string(operation.number) + " was acknowledged and is in no log");
    return;
  }
  const Fate* fate = operation.is_read ? nullptr : log.fate_of(operation.number);
  if (fate == nullptr || !fate->outcome.result) {
    operation.effects.clear();
    return;
  }
  coverage_.hit(Sometimes::kUnknownWriteApplied);
  for (auto& [key, effect] : operation.effects) effect.returned = fate->first_applied;
}

void History::check(const KvChecks& log) {
  std::map<std::string, std::vector<KeyOperation>> by_key;
  for (auto& [number, operation] : operations_) {
    settle(operation, log);
    for (auto& [key, effect] : operation.effects) by_key[key].push_back(effect);
  }
  for (auto& [key, operations] : by_key) {
    if (check_key(std::move(operations), kSearchStepsMax) == Linearizable::kNo)
      verdict_.fail("the history of key " + key + " is not linearizable");
  }
}

}  // namespace sim
