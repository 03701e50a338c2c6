#include <filesystem>
#include <utility>

#include "tools/common/error_exit.h"
#include "tools/kvwal/verbs.h"

namespace tools::kvwal {

std::string wal_directory(const std::string& given) {
  const std::string inside = given + "/wal";
  return std::filesystem::is_directory(inside) ? inside : given;
}

Outcome<raft::Inspected> inspect(const std::string& path, const raft::EntryVisitor& visit) {
  auto inspected = raft::inspect_log(path, visit);
  if (!inspected) return refuse(failure_of(inspected.error()));
  return std::move(*inspected);
}

std::string_view name(raft::EntryType type) {
  switch (type) {
    case raft::EntryType::kNoop:
      return "noop";
    case raft::EntryType::kCommand:
      return "command";
    case raft::EntryType::kConfiguration:
      return "configuration";
  }
  return "unknown";
}

}  // namespace tools::kvwal
