#include "tests/crash/state_subject.h"

#include <algorithm>

#include "libkv/auth/auth_table.h"
#include "libraft/base/checksum.h"
#include "libraft/disk/latch_env.h"
#include "tests/crash/waits.h"

namespace crash {
namespace {

constexpr raft::EntryId kFirst{raft::Index(1), raft::Term(1)};
constexpr std::uint64_t kEntriesOn = 5;
constexpr std::int64_t kRevisionsBack = 3;
const std::string kFromZero(1, '\0');

/// After an error: the latch holds, and nothing is taken any more.
std::string state_must_refuse(const raft::LatchEnv& env, kv::Machine* machine, const raft::Entry& entry) {
  if (!env.failed()) return "an error did not latch";
  if (machine == nullptr) return {};
  if (machine->sync()) return "a sync after an error succeeded";
  return machine->apply({&entry, 1}) ? "an entry after an error was applied" : "";
}

std::string read_all(std::unique_ptr<raft::SnapshotSource> source) {
  std::string all;
  for (;;) {
    const auto bytes = source->read(4096);
    if (!bytes || bytes->empty()) return all;
    all += *bytes;
  }
}

void append_range(const kv::Machine& machine, std::int64_t revision, std::string& text) {
  const auto found = machine.view().range({.key = kFromZero, .range_end = kFromZero, .revision = revision});
  text += "\nrevision " + std::to_string(revision) + (found ? "" : " cannot be read");
  if (!found) return;
  for (const kv::KeyValue& row : found->kvs) {
    text += "\n" + row.key + " " + std::to_string(row.create_revision) + " " +
            std::to_string(row.mod_revision) + " " + std::to_string(row.version) + " " +
            std::to_string(row.lease) + " " + row.value;
  }
}

/// Empty when the newest keys are the model's.
std::string keys_differ(const kv::Machine& machine, const Keys& keys) {
  const auto found = machine.view().range({.key = kFromZero, .range_end = kFromZero});
  if (!found) return "the keys cannot be read";
  Keys there;
  for (const kv::KeyValue& row : found->kvs) there[row.key] = row.value;
  return there == keys ? ""
                       : "at entry " + std::to_string(machine.applied().index.value()) +
                             " the keys differ from the model's";
}

}  // namespace

kv::MachineOptions state_options(leveldb::Env& env, raft::Index log_base) {
  return {.env = &env,
          .path = "/snap",
          .members = {{.id = raft::NodeId(1), .peer_urls = {"http://one:1"}}},
          .value_cache_bytes = 1U << 16U,
          .write_buffer_bytes = 64U << 10U,
          .cluster_id = 7,
          .log_base = log_base,
          .first = kFirst};
}

std::string everything(const kv::Machine& machine) {
  const kv::ReadView view = machine.view();
  std::string text = "compacted " + std::to_string(view.compacted_revision());
  const std::int64_t last = view.revision();
  for (std::int64_t at = std::max({std::int64_t{1}, view.compacted_revision(), last - kRevisionsBack});
       at <= last; ++at) {
    append_range(machine, at, text);
  }
  for (const kv::MemberInfo& member : machine.members()) {
    text += "\nmember " + std::to_string(member.id.value()) + member.name;
    for (const std::string& url : member.client_urls) text += " " + url;
  }
  machine.leases().read([&](const kv::LeaseTable& leases) {
    for (const kv::LeaseInfo& lease : leases.list()) {
      text += "\nlease " + std::to_string(lease.id) + " " + std::to_string(lease.ttl);
      for (const std::string& key : leases.keys_of(lease.id)) text += " " + key;
    }
  });
  const auto auth = machine.auth();
  for (const std::string& user : auth->users())
    text += "\nuser " + kv::user_row(*auth->find_user(user)).second;
  for (const std::string& role : auth->roles())
    text += "\nrole " + kv::role_row(*auth->find_role(role)).second;
  return text + "\nauth " + std::to_string(auth->revision()) + "\nconfiguration " +
         std::to_string(machine.configuration().index.value()) + " applied " +
         std::to_string(machine.applied().index.value()) + "/" +
         std::to_string(machine.applied().term.value());
}

StateSubject::StateSubject(std::uint64_t seed, int steps, std::size_t value_bytes_max)
    : script_(make_state_script(seed, steps, value_bytes_max)) {
  FaultEnv disk;
  const Waits waits(disk);
  raft::LatchEnv env(&disk);
  auto machine = kv::Machine::open(state_options(env, kFirst.index));
  if (!machine) {
    model_differs_ = machine.error().text();
    return;
  }
  learn(**machine);
  for (const raft::Entry& entry : script_.entries) {
    if (const auto applied = (*machine)->apply({&entry, 1}); !applied)
      model_differs_ = applied.error().text();
    learn(**machine);
  }
}

void StateSubject::learn(const kv::Machine& machine) {
  const raft::Index applied = machine.applied().index;
  states_[applied.value()] = raft::checksum(everything(machine));
  if (std::string differs = keys_differ(machine, script_.keys[applied]); !differs.empty())
    model_differs_ = differs;
  const bool installed = std::ranges::any_of(script_.steps, [&](const StateStep& step) {
    const auto* install = std::get_if<Install>(&step);
    return install != nullptr && install->last == applied;
  });
  if (installed) {
    if (auto source = machine.open_snapshot()) snapshots_[applied] = read_all(std::move(*source));
  }
}

raft::Result<void> StateSubject::install(kv::Machine& machine, raft::Index last, Progress& progress,
                                         Promises& promises) const {
  ASSIGN_OR_RETURN(auto sink, machine.receive_snapshot(last));
  RETURN_IF_ERROR(sink->write(snapshots_.at(last)));
  if (auto finished = sink->finish(); !finished) return raft::fail(std::move(finished.error()));
  // Here the log accepts it, in one write of its own.
  progress = {.durable = last.value(), .asked = last.value(), .log_base = last.value()};
  promises.now(progress);
  return machine.install(std::move(sink));
}

raft::Result<void> StateSubject::take(kv::Machine& machine, const StateStep& step, Progress& progress,
                                      Promises& promises) const {
  if (const auto* last = std::get_if<Install>(&step)) return install(machine, last->last, progress, promises);
  if (std::holds_alternative<CompactSome>(step)) {
    auto more = machine.compact_some();
    return more ? raft::Result<void>() : raft::fail(std::move(more.error()));
  }
  if (const auto* entries = std::get_if<Apply>(&step)) {
    progress.asked = entries->back().index.value();
    promises.now(progress);
    auto applied = machine.apply(*entries);
    return applied ? raft::Result<void>() : raft::fail(std::move(applied.error()));
  }
  RETURN_IF_ERROR(machine.sync());
  // What is durable in the state is dropped from the log.
  progress.durable = progress.log_base = machine.applied().index.value();
  promises.now(progress);
  return {};
}

std::string StateSubject::run(FaultEnv& disk, Promises& promises) {
  raft::LatchEnv env(&disk);
  Progress progress{.durable = 1, .asked = 1, .log_base = 1};
  promises.now(progress);
  auto machine = kv::Machine::open(state_options(env, kFirst.index));
  disk.run_background();
  if (!machine) return state_must_refuse(env, nullptr, script_.entries.front());
  for (const StateStep& step : script_.steps) {
    const auto done = take(**machine, step, progress, promises);
    disk.run_background();
    if (!done) {
      const std::uint64_t next = (*machine)->applied().index.value() - 1;
      return state_must_refuse(env, machine->get(),
                               script_.entries[std::min(next, script_.entries.size() - 1)]);
    }
  }
  return {};
}

std::string StateSubject::compare(const kv::Machine& machine, std::uint64_t state) const {
  const auto expected = states_.find(state);
  if (expected == states_.end()) return "nobody made state " + std::to_string(state);
  if (raft::checksum(everything(machine)) == expected->second) return {};
  return "state " + std::to_string(state) + " differs: " + everything(machine).substr(0, 300);
}

std::string StateSubject::work_on(kv::Machine& machine, std::uint64_t from) const {
  const std::uint64_t end = std::min<std::uint64_t>(script_.entries.size() + 1, from + kEntriesOn);
  for (std::uint64_t index = from + 1; index <= end; ++index) {
    const auto applied = machine.apply({&script_.entries[index - 2], 1});
    if (!applied) return "working on: " + applied.error().text();
  }
  if (const auto synced = machine.sync(); !synced) return "working on: " + synced.error().text();
  const std::string differs = compare(machine, end);
  return differs.empty() ? "" : "after working on: " + differs;
}

Found StateSubject::recover(FaultEnv& disk, const Progress& progress, Depth depth) {
  raft::LatchEnv env(&disk);
  auto machine = kv::Machine::open(state_options(env, raft::Index(progress.log_base)));
  disk.run_background();
  if (!machine) return {.fault = machine.error().text(), .refused = true};
  const std::uint64_t state = (*machine)->applied().index.value();
  if (state < progress.durable || state > progress.asked) {
    return {.fault = "entry " + std::to_string(state) + " is applied, not " +
                     std::to_string(progress.durable) + " to " + std::to_string(progress.asked)};
  }
  std::string fault = compare(**machine, state);
  if (fault.empty() && depth == Depth::kWorkOn) fault = work_on(**machine, state);
  return {.fault = std::move(fault), .state = state};
}

}  // namespace crash
