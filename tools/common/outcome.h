// A value, or why the program has to say no: what the tools' functions return.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "tools/common/exit_codes.h"

namespace tools {

/// The end of a command: its exit code, and one line for a person (empty: the exit code says it all).
struct Failure {
  ExitCode exit = kExitSoftware;
  std::string text;

  bool operator==(const Failure&) const = default;
};

/// raft::Result's sibling: its error carries an exit code, which is finer than raft::ErrorCode.
template <class T>
class [[nodiscard]] Outcome : public std::expected<T, Failure> {
 public:
  using std::expected<T, Failure>::expected;
};

/// `return refuse(kExitUsage, "--limit: not a number");`
inline std::unexpected<Failure> refuse(ExitCode exit, std::string text) {
  return std::unexpected<Failure>(Failure{exit, std::move(text)});
}
inline std::unexpected<Failure> refuse(Failure failure) {
  return std::unexpected<Failure>(std::move(failure));
}
inline std::unexpected<Failure> refuse_usage(std::string text) {
  return refuse(kExitUsage, std::move(text));
}

}  // namespace tools

// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot be in parentheses
#define TOOLS_CONCAT_INNER(a, b) a##b
#define TOOLS_CONCAT(a, b) TOOLS_CONCAT_INNER(a, b)
#define TOOLS_TRY_INNER(outcome, target, expression)    \
  auto outcome = (expression);                          \
  if (!outcome) [[unlikely]]                            \
    return ::tools::refuse(std::move(outcome.error())); \
  target = std::move(*outcome)

/// Assigns the value of `expression` (an Outcome<T>) to `target`, or returns its failure to the caller.
#define TRY_ASSIGN(target, expression) TOOLS_TRY_INNER(TOOLS_CONCAT(outcome_, __LINE__), target, expression)

/// Returns the failure of `expression` (an Outcome<void>) to the caller.
#define TRY(expression)                                         \
  do {                                                          \
    if (auto outcome_ = (expression); !outcome_) [[unlikely]] { \
      return ::tools::refuse(std::move(outcome_.error()));      \
    }                                                           \
  } while (false)
// NOLINTEND(bugprone-macro-parentheses)
