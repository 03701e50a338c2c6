// What went wrong, where, and in words for a person.
#pragma once

#include <string>
#include <string_view>

namespace raft {

/// What kind of failure this is, for code that has to decide. A closed set: switch without default.
enum class ErrorCode {
  kInvalidArgument,  ///< the caller's input is wrong; it will be wrong next time too
  kNotFound,         ///< the thing asked for does not exist
  kAlreadyExists,    ///< it exists, and must not
  kCorruption,       ///< bytes on disk or on the wire are not what was written
  kIo,               ///< the operating system refused; final for the data concerned
  kNoSpace,          ///< the disk is full or the reserve is reached
  kUnavailable,      ///< not now: no leader, connection lost, queue full
  kTimeout,          ///< time ran out; the effect may or may not have taken place
  kCancelled,        ///< the caller went away or the process stops
  kMismatch,         ///< another cluster, another member, another format version
  kLimit,            ///< over a named limit
};

/// The code's name in lower case, as logs print it.
std::string_view name(ErrorCode code);

/// An error with its context. `where` names the place (a file, an address, an option), `what` the fault.
struct Error {
  ErrorCode code;
  std::string where;
  std::string what;

  /// "where: what", one line, for people.
  [[nodiscard]] std::string text() const;

  bool operator==(const Error&) const = default;
};

}  // namespace raft
