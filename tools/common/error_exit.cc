#include "tools/common/error_exit.h"

namespace tools {
namespace {

ExitCode exit_for(raft::ErrorCode code) {
  switch (code) {
    case raft::ErrorCode::kInvalidArgument:
      return kExitUsage;
    case raft::ErrorCode::kCorruption:
    case raft::ErrorCode::kMismatch:
      return kExitData;
    case raft::ErrorCode::kNotFound:
      return kExitNoInput;
    case raft::ErrorCode::kUnavailable:
      return kExitUnavailable;
    case raft::ErrorCode::kAlreadyExists:
      return kExitCantCreate;
    case raft::ErrorCode::kLimit:
      return kExitLimit;
    case raft::ErrorCode::kIo:
    case raft::ErrorCode::kNoSpace:
    case raft::ErrorCode::kTimeout:
    case raft::ErrorCode::kCancelled:
      return kExitIo;
  }
  return kExitSoftware;
}

}  // namespace

Failure failure_of(const raft::Error& error) {
  return {exit_for(error.code), error.text()};
}

}  // namespace tools
