// The first thing that was wrong.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace sim {

class Verdict {
 public:
  void fail(std::string what) {
    if (!failure_) failure_ = std::move(what);
  }
  [[nodiscard]] bool failed() const { return failure_.has_value(); }
  [[nodiscard]] const std::string& failure() const { return *failure_; }

 private:
  std::optional<std::string> failure_;
};

}  // namespace sim
