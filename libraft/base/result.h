// A value or an Error: what every function that can fail returns across a room's border.
#pragma once

#include <expected>
#include <utility>

#include "libraft/base/error.h"

namespace raft {

/// The one spelling of std::expected in this code base.
template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

/// An error to return: `return fail(ErrorCode::kIo, path, "short write");`
inline std::unexpected<Error> fail(ErrorCode code, std::string where, std::string what) {
  return std::unexpected<Error>(Error{code, std::move(where), std::move(what)});
}

/// Passes an error on: `return fail(std::move(result.error()));`
inline std::unexpected<Error> fail(Error error) {
  return std::unexpected<Error>(std::move(error));
}

}  // namespace raft

/// Returns the error of `expression` (a Result<void>) to the caller.
#define RETURN_IF_ERROR(expression)                                     \
  do {                                                                  \
    if (auto raft_result_ = (expression); !raft_result_) [[unlikely]] { \
      return ::raft::fail(std::move(raft_result_.error()));             \
    }                                                                   \
  } while (false)

#define RAFT_CONCAT_INNER(a, b) a##b
#define RAFT_CONCAT(a, b) RAFT_CONCAT_INNER(a, b)
#define RAFT_ASSIGN_OR_RETURN_INNER(result, target, expression) \
  auto result = (expression);                                   \
  if (!result) [[unlikely]]                                     \
    return ::raft::fail(std::move(result.error()));             \
  target = std::move(*result)

/// Assigns the value of `expression` (a Result<T>) to `target`, or returns its error to the caller.
#define ASSIGN_OR_RETURN(target, expression) \
  RAFT_ASSIGN_OR_RETURN_INNER(RAFT_CONCAT(raft_result_, __LINE__), target, expression)
