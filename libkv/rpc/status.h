// gRPC's outcome of a call: a code and a text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kv::rpc {

/// gRPC's status codes, by their numbers on the wire.
enum class Code : std::uint8_t {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

/// The code's name as gRPC spells it, e.g. "DeadlineExceeded".
std::string_view name(Code code);

struct Status {
  Code code = Code::kOk;
  std::string message;

  [[nodiscard]] bool ok() const { return code == Code::kOk; }
  bool operator==(const Status&) const = default;
};

}  // namespace kv::rpc
