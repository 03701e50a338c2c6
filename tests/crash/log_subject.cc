#include "tests/crash/log_subject.h"

#include <algorithm>

namespace crash {
namespace {

using raft::testing::difference;
using raft::testing::LogOnDisk;

constexpr std::uint64_t kStepsOn = 4;

/// After an error: the latch holds, and nothing is taken any more.
std::string must_refuse(LogOnDisk& log) {
  if (!log.failed()) return "an error did not latch";
  if (!log.is_open()) return {};
  const raft::LogBatch vote{.hard_state = raft::HardState{raft::Term(999), raft::NodeId(9)}};
  return log.run(vote) ? "a write after an error was taken" : "";
}

}  // namespace

LogSubject::LogSubject(std::uint64_t seed, int steps, std::size_t payload_bytes_max)
    : script_(raft::testing::make_script(seed, steps, payload_bytes_max)) {
  models_.emplace_back();
  for (const auto& step : script_) {
    models_.push_back(models_.back());
    models_.back().apply(step);
  }
}

std::string LogSubject::run(FaultEnv& disk, Promises& promises) {
  LogOnDisk log(disk);
  for (std::uint64_t done = 0; done < script_.size(); ++done) {
    const bool reopens = done == 0 || done == script_.size() / 2;
    if (reopens && !log.open()) return must_refuse(log);
    promises.now({.durable = done, .asked = done + 1});
    if (!log.run(script_[done])) return must_refuse(log);
  }
  promises.now({.durable = script_.size(), .asked = script_.size()});
  return {};
}

Found LogSubject::recover(FaultEnv& disk, const Progress& progress, Depth depth) {
  std::string differs;
  {
    LogOnDisk log(disk);
    if (const auto opened = log.open(); !opened) return {.fault = opened.error().text(), .refused = true};
    for (std::uint64_t state = progress.durable; state <= progress.asked; ++state) {
      const std::string difference_here = difference(log.store(), models_[state]);
      if (difference_here.empty()) {
        log.close();
        return {.fault = depth == Depth::kWorkOn ? work_on(disk, state) : "", .state = state};
      }
      differs += "; not state " + std::to_string(state) + ": " + difference_here;
    }
  }
  return {.fault = differs};
}

std::string LogSubject::work_on(FaultEnv& disk, std::uint64_t from) const {
  LogOnDisk log(disk);
  if (const auto opened = log.open(); !opened) return "opening again: " + opened.error().text();
  const std::uint64_t end = std::min<std::uint64_t>(script_.size(), from + kStepsOn);
  for (std::uint64_t step = from; step < end; ++step) {
    if (const auto done = log.run(script_[step]); !done) return "working on: " + done.error().text();
  }
  if (const auto opened = log.open(); !opened) return "after working on: " + opened.error().text();
  const std::string differs = difference(log.store(), models_[end]);
  return differs.empty() ? "" : "after working on: " + differs;
}

}  // namespace crash
