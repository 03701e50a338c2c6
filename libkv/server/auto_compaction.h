// When history may be forgotten by itself (contract section 2.6): etcd's two modes and their pace. Pure: the
// time is handed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace kv {

struct AutoCompactionOptions {
  enum class Mode : std::uint8_t { kOff, kPeriodic, kRevision };
  Mode mode = Mode::kOff;
  std::chrono::milliseconds period{0};  ///< kPeriodic: history younger than this stays
  std::int64_t revisions = 0;           ///< kRevision: so many revisions stay
};

/// Every member looks, so that whoever becomes the leader knows what is old enough; only the leader proposes.
/// Thread: one.
class AutoCompaction {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// What this member knows of its state at the moment.
  struct Look {
    Time now;
    std::int64_t revision = 0;
    std::int64_t compacted = 0;
    bool leads = false;
  };

  AutoCompaction(const AutoCompactionOptions& options, Time now);

  /// The revision to compact to, when it is time; may be called as often as one likes. The same one comes
  /// again, after a pause, until `compacted` has reached it.
  std::optional<std::int64_t> due(const Look& look);

 private:
  struct Sample {
    Time at;
    std::int64_t revision = 0;
  };

  void sample(const Look& look);
  [[nodiscard]] std::optional<std::int64_t> target(const Look& look) const;

  const AutoCompactionOptions options_;
  const std::chrono::milliseconds pause_;  ///< between samples, and before another attempt
  const std::chrono::milliseconds every_;  ///< between compactions
  std::deque<Sample> samples_;             ///< the first one is a period old, once it can be
  std::optional<Sample> proposed_;         ///< what was given last, until it is so
  Time next_sample_;
  Time next_compaction_;
};

}  // namespace kv
