// The token of a user, which all calls to a cluster share.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "tools/common/outcome.h"

namespace tools::kvctl {

/// Thread: any.
class TokenKeeper {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// The token that there is; without one what `ask` gives, which one thread at a time is in. Failure: that
  /// of `ask`, or kExitTimeout while another thread is in it until `deadline`.
  Outcome<std::string> get(TimePoint deadline, const std::function<Outcome<std::string>()>& ask);
  /// A server did not take it: the next get() asks for another, unless that has happened already.
  void forget(std::string_view refused);

 private:
  [[nodiscard]] std::optional<std::string> known() const;

  std::timed_mutex asking_;   // held while a token is asked for
  mutable std::mutex mutex_;  // guards token_
  std::optional<std::string> token_;
};

}  // namespace tools::kvctl
