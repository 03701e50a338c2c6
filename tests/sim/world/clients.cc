#include "tests/sim/world/clients.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "tests/sim/check/outcome_text.h"

namespace sim {
namespace {

constexpr std::uint64_t kLoadConcern = 2;

/// Everything that the clients write lies in here.
const std::string kAllBegin = "k";
const std::string kAllEnd = "l";

}  // namespace

Clients::Clients(const Surroundings& around, std::function<Node*(Dice&)> choose)
    : around_(around),
      choose_(std::move(choose)),
      dice_(around.options.seed, kLoadConcern),
      history_(around.verdict, around.coverage),
      clients_(around.options.load.clients) {
  for (std::uint32_t i = 0; i < around.options.load.keys; ++i) keys_.push_back("k" + std::to_string(i));
}

void Clients::start() {
  for (std::size_t i = 0; i < clients_.size(); ++i) go_on(i);
}

void Clients::go_on(std::size_t client) {
  if (client == kNobody || stopped_) return;
  clients_[client].operation = 0;
  around_.queue.after(dice_.long_tailed(around_.options.load.think), [this, client] { act(client); });
}

void Clients::act(std::size_t client) {
  if (stopped_) return;
  Node* node = choose_(dice_);
  if (node == nullptr) return go_on(client);
  const Micros timeout = around_.options.load.timeout;
  if (dice_.percent(40)) {
    const bool all = dice_.percent(25);
    clients_[client].operation =
        begin_read(*node, all ? keys_ : std::vector<std::string>{draw_key()}, timeout, client);
  } else {
    clients_[client].operation = begin_write(*node, draw_operation(clients_[client]), timeout, client);
  }
}

std::string Clients::fresh_value() {
  std::string value = std::to_string(next_value_++) + ":";
  value.resize(std::max<std::size_t>(value.size(), around_.options.load.value_bytes), 'x');
  return value;
}

/// A put if the version is still the one seen last, else a look; or two keys at once.
kv::Operation Clients::draw_txn(const Client& client) {
  kv::TxnOp txn;
  const std::string key = draw_key();
  txn.success.push_back({kv::PutOp{.key = key, .value = fresh_value()}});
  if (keys_.size() > 1 && dice_.percent(25)) {
    const std::string other = draw_key();
    if (other != key) txn.success.push_back({kv::PutOp{.key = other, .value = fresh_value()}});
    return txn;
  }
  const auto seen = client.versions.find(key);
  kv::Compare compare{.target = kv::Compare::Target::kVersion, .key = key};
  compare.number = seen == client.versions.end() ? 0 : seen->second;
  txn.compares.push_back(compare);
  txn.failure.push_back({kv::RangeOp{.key = key}});
  return txn;
}

kv::Operation Clients::draw_operation(const Client& client) {
  const std::uint64_t what = dice_.below(100);
  if (what < 40) return kv::PutOp{.key = draw_key(), .value = fresh_value(), .prev_kv = dice_.percent(50)};
  if (what < 80) return draw_txn(client);
  if (what < 92 || !around_.options.load.compact_history)
    return kv::DeleteRangeOp{.key = draw_key(), .prev_kv = dice_.percent(50)};
  if (what < 95) return kv::DeleteRangeOp{.key = kAllBegin, .range_end = kAllEnd};
  const std::int64_t newest = around_.kv.model().revision();
  return kv::CompactOp{.revision = newest - static_cast<std::int64_t>(dice_.below(20))};
}

std::uint64_t Clients::write(Node& node, const kv::Operation& operation, Micros timeout) {
  return begin_write(node, operation, timeout, kNobody);
}

std::uint64_t Clients::read(Node& node, Micros timeout) {
  return begin_read(node, keys_, timeout, kNobody);
}

std::uint64_t Clients::put(Node& node, Micros timeout) {
  return write(node, kv::PutOp{.key = draw_key(), .value = fresh_value()}, timeout);
}

std::uint64_t Clients::begin_write(Node& node, const kv::Operation& operation, Micros timeout,
                                   std::size_t client) {
  ClientOperation& begun = history_.begin(node.self(), around_.queue.now(), &operation, keys_);
  begun.elections = around_.raft.leaders_elected();
  const std::uint64_t number = begun.number;
  around_.trace.note(around_.queue.now(), "write", node.self().value(), number, client,
                     [&] { return "#" + std::to_string(number) + " " + kv::describe(operation); });
  expect(number, {client, node.self(), {}}, timeout);
  node.propose(std::make_shared<const std::string>(
      kv::encode_command(node.self(), number, operation, std::nullopt, node.as("root"))));
  return number;
}

std::uint64_t Clients::begin_read(Node& node, std::vector<std::string> keys, Micros timeout,
                                  std::size_t client) {
  ClientOperation& begun = history_.begin(node.self(), around_.queue.now(), nullptr, keys);
  begun.elections = around_.raft.leaders_elected();
  const std::uint64_t number = begun.number;
  around_.trace.note(around_.queue.now(), "read", node.self().value(), number, client,
                     [&] { return "#" + std::to_string(number); });
  expect(number, {client, node.self(), std::move(keys)}, timeout);
  node.read(number);
  return number;
}

void Clients::expect(std::uint64_t number, Waiting waiting, Micros timeout) {
  waiting_[number] = std::move(waiting);
  around_.queue.after(timeout, [this, number] {
    if (!waiting_.contains(number)) return;
    around_.coverage.hit(Sometimes::kClientTimeout);
    give_up(number);
  });
}

void Clients::give_up(std::uint64_t number) {
  const auto found = waiting_.find(number);
  const std::size_t client = found->second.client;
  waiting_.erase(found);
  history_.give_up(number);
  go_on(client);
}

void Clients::gone(raft::NodeId node) {
  std::vector<std::uint64_t> lost;
  for (const auto& [number, waiting] : waiting_) {
    if (waiting.node == node) lost.push_back(number);
  }
  for (const std::uint64_t number : lost) give_up(number);
}

void Clients::answered(raft::NodeId node, const kv::Applied& applied) {
  const auto found = waiting_.find(applied.sequence);
  if (found == waiting_.end() || found->second.node != node) return;
  const std::size_t client = found->second.client;
  waiting_.erase(found);
  around_.trace.note(around_.queue.now(), "answer", node.value(), applied.sequence,
                     static_cast<std::uint64_t>(applied.outcome.revision),
                     [&] { return "#" + std::to_string(applied.sequence) + " " + text(applied.outcome); });
  history_.answered(applied.sequence, around_.queue.now(), applied.outcome);
  if (client != kNobody && applied.outcome.result) {
    if (const auto* txn = std::get_if<kv::TxnResult>(&*applied.outcome.result); txn && !txn->succeeded) {
      for (const auto& one : txn->responses) {
        const auto* range = std::get_if<kv::RangeResult>(&one.value);
        if (range == nullptr) continue;
        for (const kv::KeyValue& kv : range->kvs) clients_[client].versions[kv.key] = kv.version;
      }
    }
    if (std::holds_alternative<kv::CompactResult>(*applied.outcome.result))
      around_.coverage.hit(Sometimes::kStateCompacted);
  }
  if (applied.outcome.result) count_members(*applied.outcome.result);
  go_on(client);
}

void Clients::count_members(const kv::OperationResult& result) {
  const auto* changed = std::get_if<kv::MembersResult>(&result);
  if (changed == nullptr) return;
  const bool there = std::ranges::any_of(
      changed->members, [&](const kv::MemberInfo& member) { return member.id == changed->member.id; });
  around_.coverage.hit(there ? Sometimes::kMemberAdded : Sometimes::kMemberRemoved);
}

void Clients::reads_ready(Node& node, std::span<const std::uint64_t> tickets, const kv::ReadView& view) {
  for (const std::uint64_t ticket : tickets) serve(node, ticket, view);
}

void Clients::serve(Node& node, std::uint64_t ticket, const kv::ReadView& view) {
  const auto found = waiting_.find(ticket);
  if (found == waiting_.end() || found->second.node != node.self()) return;
  const Waiting waiting = std::move(found->second);
  waiting_.erase(found);
  const bool one = waiting.keys.size() == 1;
  const std::string key = one ? waiting.keys.front() : kAllBegin;
  const std::string end = one ? std::string() : kAllEnd;
  const auto result = view.range({.key = key, .range_end = end});
  if (!result) {  // its disk is broken: it will say so itself
    history_.give_up(ticket);
    return go_on(waiting.client);
  }
  around_.trace.note(around_.queue.now(), "served", node.self().value(), ticket,
                     static_cast<std::uint64_t>(view.revision()), [&] {
                       return "#" + std::to_string(ticket) + " r" + std::to_string(view.revision()) + " " +
                              text(*result);
                     });
  around_.kv.read(node.self(), key, end, view.revision(), *result);
  if (node.status().role != raft::RoleName::kLeader) around_.coverage.hit(Sometimes::kReadAtFollower);
  if (history_.find(ticket)->elections != around_.raft.leaders_elected())
    around_.coverage.hit(Sometimes::kReadAcrossLeaderChange);
  history_.read_answered(ticket, around_.queue.now(), view.revision(), *result);
  if (waiting.client != kNobody) {
    for (const std::string& name : waiting.keys) clients_[waiting.client].versions.erase(name);
    for (const kv::KeyValue& kv : result->kvs) clients_[waiting.client].versions[kv.key] = kv.version;
  }
  look_back(node.self(), view);
  go_on(waiting.client);
}

/// A read in the past is the same everywhere and for ever, until it is compacted.
void Clients::look_back(raft::NodeId node, const kv::ReadView& view) {
  if (!dice_.percent(20)) return;
  const std::int64_t revision =
      1 + static_cast<std::int64_t>(dice_.below(static_cast<std::uint64_t>(view.revision())));
  const auto result = view.range({.key = kAllBegin, .range_end = kAllEnd, .revision = revision});
  if (result) {
    around_.kv.read(node, kAllBegin, kAllEnd, revision, *result);
  } else if (result.error().refused && revision >= view.compacted_revision()) {
    around_.verdict.fail("a read at revision " + std::to_string(revision) + " is refused, compacted is " +
                         std::to_string(view.compacted_revision()));
  }
}

bool Clients::done(std::uint64_t number) const {
  const ClientOperation* operation = history_.find(number);
  return operation != nullptr && operation->state == ClientOperation::State::kDone;
}

}  // namespace sim
