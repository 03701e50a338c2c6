#include "libkv/server/auto_compaction.h"

#include <algorithm>

namespace kv {
namespace {

using std::chrono::milliseconds;
using Mode = AutoCompactionOptions::Mode;

/// etcd's numbers.
constexpr milliseconds kPeriodMax = std::chrono::hours(1);
constexpr milliseconds kRevisionPause = std::chrono::minutes(5);
constexpr int kSamplesPerPeriod = 10;

milliseconds pace_of(const AutoCompactionOptions& options) {
  return options.mode == Mode::kRevision ? kRevisionPause : std::min(options.period, kPeriodMax);
}

milliseconds pause_of(const AutoCompactionOptions& options) {
  if (options.mode == Mode::kRevision) return kRevisionPause;
  return std::max(milliseconds(1), pace_of(options) / kSamplesPerPeriod);
}

}  // namespace

AutoCompaction::AutoCompaction(const AutoCompactionOptions& options, Time now)
    : options_(options),
      pause_(pause_of(options)),
      every_(pace_of(options)),
      next_sample_(now),
      next_compaction_(now + (options.mode == Mode::kPeriodic ? options.period : kRevisionPause)) {}

std::optional<std::int64_t> AutoCompaction::due(const Look& look) {
  if (options_.mode == Mode::kOff) return std::nullopt;
  if (options_.mode == Mode::kPeriodic) sample(look);
  if (proposed_ && look.compacted >= proposed_->revision) {
    next_compaction_ = proposed_->at + every_;
    proposed_.reset();
  }
  if (!look.leads || look.now < next_compaction_) return std::nullopt;
  const auto revision = target(look);
  if (!revision || *revision <= look.compacted) return std::nullopt;  // nothing, or someone else saw to it
  proposed_ = Sample{look.now, *revision};
  next_compaction_ = look.now + pause_;
  return revision;
}

void AutoCompaction::sample(const Look& look) {
  if (look.now >= next_sample_) {
    samples_.push_back({look.now, look.revision});
    next_sample_ = look.now + pause_;
  }
  while (samples_.size() > 1 && samples_[1].at + options_.period <= look.now) samples_.pop_front();
}

std::optional<std::int64_t> AutoCompaction::target(const Look& look) const {
  if (options_.mode == Mode::kRevision) {
    const std::int64_t revision = look.revision - options_.revisions;
    return revision > 0 ? std::optional(revision) : std::nullopt;
  }
  if (samples_.empty() || samples_.front().at + options_.period > look.now) return std::nullopt;
  return samples_.front().revision;
}

}  // namespace kv
