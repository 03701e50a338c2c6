#include "tools/kvsnap/directory.h"

#include <leveldb/env.h>

#include <filesystem>

#include "libkv/machine/state_directory.h"
#include "libkv/snapshot/state_source.h"
#include "libraft/disk/disk_env.h"
#include "libraft/disk/read_lock.h"
#include "libraft/disk/read_only.h"
#include "libraft/log/inspect.h"
#include "tools/common/error_exit.h"
#include "tools/common/identity.h"

namespace tools::kvsnap {
namespace {

/// The order is that of their making: each needs the one before.
struct OpenState {
  std::unique_ptr<leveldb::Env> env;
  std::unique_ptr<raft::ReadLock> lock;
  std::unique_ptr<raft::ReadOnlyDatabase> database;
};

class DirectoryInput final : public Input {
 public:
  DirectoryInput(std::unique_ptr<raft::SnapshotSource> source, std::string name)
      : source_(std::move(source)), name_(std::move(name)) {}

  Outcome<std::string> read(std::size_t bytes_max) override {
    auto bytes = source_->read(bytes_max);
    if (!bytes) return refuse(failure_of(bytes.error()));
    return std::move(*bytes);
  }
  [[nodiscard]] std::uint64_t bytes_total() const override { return 0; }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  const std::unique_ptr<raft::SnapshotSource> source_;
  const std::string name_;
};

/// As the member itself chooses (libkv/machine/FORMAT.md), but nothing is removed: of several, the newest
/// that the log has accepted.
raft::Result<std::string> state_in(const std::string& directory, leveldb::Env& env) {
  const std::string path = directory + "/snap";
  ASSIGN_OR_RETURN(std::vector<raft::Index> states, kv::state_directories(env, path));
  if (states.size() > 1 && std::filesystem::is_directory(directory + "/wal")) {
    ASSIGN_OR_RETURN(const raft::Inspected log, raft::inspect_log(directory + "/wal"));
    std::erase_if(states, [&](raft::Index state) { return state > log.log.state.base.index; });
  }
  if (states.empty()) return raft::fail(raft::ErrorCode::kNotFound, path, "holds no state");
  return kv::state_path(path, states.back());
}

raft::Result<std::unique_ptr<raft::SnapshotSource>> open_source(const std::string& directory) {
  ASSIGN_OR_RETURN(const Identity identity, read_identity(directory));
  auto state = std::make_shared<OpenState>();  // shared with the rows that are read from it
  state->env = raft::make_posix_env({});
  ASSIGN_OR_RETURN(const std::string path, state_in(directory, *state->env));
  ASSIGN_OR_RETURN(state->lock, raft::ReadLock::take(path));
  ASSIGN_OR_RETURN(state->database,
                   raft::ReadOnlyDatabase::open(*state->env, path, raft::LogPolicy::kRebuildable));
  leveldb::DB& database = state->database->database();
  return kv::open_state_source(std::make_unique<kv::FrozenRows>(database, path, std::move(state)),
                               identity.cluster);
}

}  // namespace

Outcome<std::unique_ptr<Input>> open_directory(const std::string& directory) {
  auto source = open_source(directory);
  if (!source) return refuse(failure_of(source.error()));
  return std::make_unique<DirectoryInput>(std::move(*source), directory);
}

}  // namespace tools::kvsnap
