#include <filesystem>
#include <utility>

#include "tools/kvwal/verbs.h"

namespace tools::kvwal {
namespace {

ExitCode exit_for(raft::ErrorCode code) {
  switch (code) {
    case raft::ErrorCode::kCorruption:
    case raft::ErrorCode::kMismatch:
      return kExitData;
    case raft::ErrorCode::kNotFound:
      return kExitNoInput;
    case raft::ErrorCode::kUnavailable:
      return kExitUnavailable;
    case raft::ErrorCode::kInvalidArgument:
    case raft::ErrorCode::kAlreadyExists:
    case raft::ErrorCode::kIo:
    case raft::ErrorCode::kNoSpace:
    case raft::ErrorCode::kTimeout:
    case raft::ErrorCode::kCancelled:
    case raft::ErrorCode::kLimit:
      return kExitIo;
  }
  return kExitSoftware;
}

}  // namespace

std::string wal_directory(const std::string& given) {
  const std::string inside = given + "/wal";
  return std::filesystem::is_directory(inside) ? inside : given;
}

Outcome<raft::Inspected> inspect(const std::string& path, const raft::EntryVisitor& visit) {
  auto inspected = raft::inspect_log(path, visit);
  if (!inspected) return refuse(exit_for(inspected.error().code), inspected.error().text());
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
