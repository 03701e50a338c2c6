// Which of the directories is the state, and making the first one (FORMAT.md, "Which directory counts").
#include <leveldb/env.h>

#include <algorithm>
#include <ranges>

#include "libkv/machine/machine.h"
#include "libkv/machine/members.h"
#include "libkv/machine/received_state.h"
#include "libkv/machine/state_directory.h"
#include "libkv/mvcc/configuration_row.h"
#include "libkv/mvcc/recover.h"
#include "libkv/mvcc/store.h"
#include "libraft/base/check.h"

namespace kv {
namespace {

StoreOptions store_options(const MachineOptions& options, raft::Index installed_at) {
  return {.env = options.env,
          .path = state_path(options.path, installed_at),
          .value_cache_bytes = options.value_cache_bytes,
          .write_buffer_bytes = options.write_buffer_bytes,
          .first_rows = {},
          .first = options.first};
}

/// Entry `first` is the bootstrap: it made everyone who is no learner a voter.
raft::Configuration first_configuration(const MachineOptions& options) {
  raft::Configuration configuration{.index = options.first.index, .members = {}};
  for (const MemberInfo& member : options.members) {
    auto& ids = member.learner ? configuration.members.learners : configuration.members.voters;
    ids.push_back(member.id);
  }
  std::ranges::sort(configuration.members.voters);
  std::ranges::sort(configuration.members.learners);
  return configuration;
}

raft::Result<std::unique_ptr<Store>> make_state(const MachineOptions& options) {
  StoreOptions store = store_options(options, options.first.index);
  RETURN_IF_ERROR(remove_database(*options.env, store.path));
  options.env->CreateDir(options.path);  // that it is there already is no fault; opening tells the rest
  for (const MemberInfo& member : options.members) store.first_rows.push_back(member_row(member));
  if (options.first.index.value() > 0 && !options.members.empty()) {
    store.first_rows.push_back(configuration_row(first_configuration(options)));
  }
  return Store::open(store);
}

/// Null when the directory holds no whole state, or one that the log does not go on from.
raft::Result<std::unique_ptr<Store>> try_state(const MachineOptions& options, raft::Index installed_at) {
  const StoreOptions store_at = store_options(options, installed_at);
  // A removal that a crash cut short (make_state): nothing is lost, the log has every entry.
  const bool whole_log = installed_at == options.first.index && options.log_base == options.first.index;
  if (whole_log && !options.env->FileExists(store_at.path + "/CURRENT")) return std::unique_ptr<Store>();
  ASSIGN_OR_RETURN(auto database, Database::open(options.env, store_at.path, store_at.write_buffer_bytes));
  ASSIGN_OR_RETURN(const auto format, database->get(kFormatKey));
  if (!format) return std::unique_ptr<Store>();
  ASSIGN_OR_RETURN(auto store, Store::open_in(std::move(database), store_at));
  if (store->applied().index < options.log_base) return std::unique_ptr<Store>();
  return store;
}

raft::Result<void> remove_all(const MachineOptions& options, const std::vector<raft::Index>& directories) {
  for (const raft::Index number : directories) {
    RETURN_IF_ERROR(remove_database(*options.env, state_path(options.path, number)));
  }
  return {};
}

/// The newest state at or before the log's base. What is behind it was received and never accepted by the
/// log; what is before it is obsolete.
raft::Result<std::unique_ptr<Store>> choose_state(const MachineOptions& options) {
  ASSIGN_OR_RETURN(std::vector<raft::Index> directories, state_directories(*options.env, options.path));
  const auto received = std::ranges::upper_bound(directories, options.log_base);
  RETURN_IF_ERROR(remove_all(options, {received, directories.end()}));
  directories.erase(received, directories.end());
  for (auto newest = directories.rbegin(); newest != directories.rend(); ++newest) {
    ASSIGN_OR_RETURN(auto store, try_state(options, *newest));
    if (store == nullptr) continue;
    directories.erase(std::next(newest).base());
    RETURN_IF_ERROR(remove_all(options, directories));
    return store;
  }
  if (options.log_base > options.first.index) {
    return raft::fail(raft::ErrorCode::kCorruption, options.path,
                      "no state reaches entry " + std::to_string(options.log_base.value()) +
                          ", behind which the log begins");
  }
  return make_state(options);
}

}  // namespace

raft::Result<std::unique_ptr<Machine>> Machine::open(const MachineOptions& options) {
  RAFT_CHECK(options.env != nullptr);
  if (options.first.index > options.log_base) {
    return raft::fail(raft::ErrorCode::kInvalidArgument, options.path,
                      "the first state is at entry " + std::to_string(options.first.index.value()) +
                          ", but the log begins behind entry " + std::to_string(options.log_base.value()));
  }
  ASSIGN_OR_RETURN(auto store, choose_state(options));
  ASSIGN_OR_RETURN(LoadedState state, load_state(std::move(store), options.sessions));
  RETURN_IF_ERROR(check_known(state.command_version, options.known_version));
  return make_machine(options, std::move(state));
}

}  // namespace kv
