// A line on the terminal that says how far a long command is.
#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

namespace tools {

/// Redraws one line on `out`, at most ten times a second, and wipes it when done. Thread: one.
class Progress {
 public:
  /// Draws nothing at all when `out` is null: not a terminal, or --quiet. `unit`: what is counted, e.g.
  /// "keys".
  Progress(std::ostream* out, std::string verb, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `total` 0: not known, so that there is a count but no bar.
  void update(std::uint64_t done, std::uint64_t total);

  /// The line for `done` of `total` after `elapsed`.
  [[nodiscard]] std::string line(std::uint64_t done, std::uint64_t total,
                                 std::chrono::duration<double> elapsed) const;

 private:
  using Clock = std::chrono::steady_clock;

  std::ostream* out_;
  const std::string verb_;
  const std::string unit_;
  const Clock::time_point began_;
  Clock::time_point drawn_;
  bool visible_ = false;
};

}  // namespace tools
