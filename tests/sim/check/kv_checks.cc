#include "tests/sim/check/kv_checks.h"

#include <algorithm>
#include <functional>

#include "libraft/core/describe.h"
#include "tests/sim/check/outcome_text.h"

namespace sim {
namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  return (hash ^ value) * 0x100000001b3ULL ^ (hash >> 31);
}

std::uint64_t mix(std::uint64_t hash, std::string_view bytes) {
  return mix(hash, std::hash<std::string_view>{}(bytes));
}

std::uint64_t fingerprint(const raft::Entry& entry) {
  std::uint64_t hash = mix(entry.term.value(), static_cast<std::uint64_t>(entry.type));
  return mix(hash, entry.bytes());
}

}  // namespace

KvChecks::KvChecks(Verdict& verdict, const EventQueue& queue, const kv::SessionLimits& sessions)
    : verdict_(verdict), queue_(queue), sessions_(sessions), leases_(verdict), entries_(2) {}

void KvChecks::fail(raft::NodeId node, const std::string& what) {
  verdict_.fail("member " + raft::describe(node) + ": " + what);
}

void KvChecks::points(raft::NodeId node, std::span<const kv::StatePoint> points) {
  for (const kv::StatePoint& point : points) {
    if (hashes_.try_emplace(point.index, point.hash).first->second == point.hash) continue;
    fail(node, "has another state behind entry " + std::to_string(point.index.value()) +
                   " than was told before, though each of its answers was right");
  }
}

void KvChecks::applied(raft::NodeId node, std::span<const raft::Entry> entries,
                       std::span<const kv::Applied> outcomes) {
  for (const raft::Entry& entry : entries) {
    const std::size_t index = entry.index.value();
    const kv::Applied* outcome = nullptr;
    if (entry.type == raft::EntryType::kCommand) {
      if (outcomes.empty() || outcomes.front().index != entry.index) {
        fail(node, "applying entry " + std::to_string(index) + " gave no outcome");
        return;
      }
      outcome = &outcomes.front();
      outcomes = outcomes.subspan(1);
    }
    AppliedEntry record;
    record.entry = fingerprint(entry);
    record.fingerprint = outcome ? mix(record.entry, text(outcome->outcome)) : record.entry;
    if (index > entries_.size()) {
      fail(node, "applies entry " + std::to_string(index) + " behind a gap");
    } else if (index == entries_.size()) {
      first_time(node, entry, outcome, record);
    } else if (record.entry != entries_[index].entry) {
      fail(node, "applies another entry " + std::to_string(index) + " than was applied before");
    } else if (record.fingerprint != entries_[index].fingerprint) {
      fail(node, "applying entry " + std::to_string(index) + " gave " + text(outcome->outcome) +
                     ", before it gave something else");
    }
  }
}

std::optional<kv::Outcome> KvChecks::expect(const raft::Entry& entry) {
  const auto command = kv::decode_command(entry.bytes());
  if (!command) return std::nullopt;
  std::optional<kv::Outcome> outcome;
  if (command->session) {
    outcome = sessions_.recall(*command->session, entry.index.value(), model_.revision());
    if (outcome) return outcome;
  }
  if (const auto refused = auth_.refusal(*command)) {
    return kv::Outcome{.revision = model_.revision(), .result = std::unexpected(*refused)};
  }
  if (auto changed = auth_.apply(command->operation)) {
    outcome = {.revision = model_.revision(), .result = std::move(*changed)};
  } else {
    outcome = model_.apply(command->operation, entry.term);
  }
  if (command->session && outcome) sessions_.keep(*command->session, entry.index.value(), *outcome);
  return outcome;
}

void KvChecks::first_time(raft::NodeId node, const raft::Entry& entry, const kv::Applied* outcome,
                          AppliedEntry record) {
  if (outcome != nullptr) {
    const auto expected = expect(entry);
    if (expected && text(*expected) != text(outcome->outcome)) {
      fail(node, "entry " + std::to_string(entry.index.value()) + " gave " + text(outcome->outcome) +
                     ", the model gave " + text(*expected));
    }
    if (outcome->outcome.result) {
      const auto* ended = std::get_if<kv::LeaseRevokeResult>(&*outcome->outcome.result);
      if (ended != nullptr && ended->expired) leases_.expired(ended->lease, queue_.now());
    }
    const Fate fate{entry.index, queue_.now(), outcome->outcome};
    if (!fates_.emplace(outcome->sequence, fate).second) {
      fail(node, "operation " + std::to_string(outcome->sequence) + " is in the log twice");
    }
  }
  record.revision = model_.revision();
  entries_.push_back(record);
}

void KvChecks::stands(raft::NodeId node, raft::EntryId applied, const kv::ReadView& view) {
  const std::size_t index = applied.index.value();
  if (index >= entries_.size()) {
    fail(node, "has applied entry " + std::to_string(index) + ", which nobody applied before");
    return;
  }
  if (index == 0) return;  // nothing yet
  const std::int64_t revision = entries_[index].revision;
  if (view.revision() != revision) {
    fail(node, "is at revision " + std::to_string(view.revision()) + " with entry " + std::to_string(index) +
                   ", others were at " + std::to_string(revision));
    return;
  }
  const auto all = view.range({.key = std::string(1, '\0'), .range_end = std::string(1, '\0')});
  if (!all) {
    if (all.error().refused) fail(node, "refuses to read its whole state");
    return;  // a broken disk: its own affair
  }
  read(node, std::string(1, '\0'), std::string(1, '\0'), revision, *all);
}

void KvChecks::read(raft::NodeId node, const std::string& key, const std::string& range_end,
                    std::int64_t revision, const kv::RangeResult& result) {
  const kv::RangeResult expected = model_.range(key, range_end, revision);
  if (expected == result) return;
  fail(node, "a read at revision " + std::to_string(revision) + " gave " + text(result) + ", the model has " +
                 text(expected));
}

const Fate* KvChecks::fate_of(std::uint64_t operation) const {
  const auto fate = fates_.find(operation);
  return fate == fates_.end() ? nullptr : &fate->second;
}

}  // namespace sim
