#include "libraft/base/error.h"

namespace raft {

std::string_view name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "invalid-argument";
    case ErrorCode::kNotFound:
      return "not-found";
    case ErrorCode::kAlreadyExists:
      return "already-exists";
    case ErrorCode::kCorruption:
      return "corruption";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kNoSpace:
      return "no-space";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kMismatch:
      return "mismatch";
    case ErrorCode::kLimit:
      return "limit";
  }
  return "unknown";
}

std::string Error::text() const {
  return where.empty() ? what : where + ": " + what;
}

}  // namespace raft
