#include "libraft/disk/read_only.h"

#include <leveldb/db.h>

#include <utility>

#include "libraft/disk/database.h"
#include "libraft/disk/overlay_env.h"

namespace raft {

Result<std::unique_ptr<ReadOnlyDatabase>> ReadOnlyDatabase::open(leveldb::Env& env, const std::string& path,
                                                                 LogPolicy policy) {
  auto overlay = std::make_unique<OverlayEnv>(&env);
  leveldb::Options options = database_options(overlay.get());
  std::vector<Cut> cuts;
  if (!holds_database(env, path)) {
    ASSIGN_OR_RETURN(cuts, repair_logs(*overlay, path, policy));
    return fail(ErrorCode::kNotFound, path, "holds no database");
  }
  auto database = open_database(options, path, policy, &cuts);
  if (!database) return fail(std::move(database.error()));
  return std::make_unique<ReadOnlyDatabase>(std::move(overlay), std::move(*database), std::move(cuts));
}

ReadOnlyDatabase::ReadOnlyDatabase(std::unique_ptr<OverlayEnv> overlay, std::unique_ptr<leveldb::DB> database,
                                   std::vector<Cut> cuts)
    : overlay_(std::move(overlay)), database_(std::move(database)), cuts_(std::move(cuts)) {}

ReadOnlyDatabase::~ReadOnlyDatabase() {
  overlay_->close();
  database_.reset();
}

}  // namespace raft
