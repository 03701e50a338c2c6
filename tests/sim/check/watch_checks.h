// What a watch is told, held against the model: every change that it covers, once, in order, a revision at a
// time, with what was there before; and nothing up to a revision after progress there.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "libkv/watch/watches.h"
#include "tests/sim/check/model.h"
#include "tests/sim/check/verdict.h"

namespace sim {

/// One watch over all its streams. Thread: one.
class WatchChecks {
 public:
  WatchChecks(Verdict& verdict, const Model& model, kv::WatchRequest request, std::string name)
      : verdict_(verdict), model_(model), request_(std::move(request)), name_(std::move(name)) {}

  /// The first revision that was not told yet; 0: the watch has not begun.
  [[nodiscard]] std::int64_t next() const { return next_; }
  /// It begins, or goes on, from there.
  void begins(std::int64_t next) { next_ = next; }
  /// One response; `revision`: its header's.
  void told(std::int64_t revision, std::span<const kv::Event> events);
  /// The response that says that everything up to `revision` was told.
  void progress(std::int64_t revision);
  /// It is over: what comes next was compacted, up to there.
  void compacted(std::int64_t revision);

 private:
  void fail(const std::string& what) const { verdict_.fail(name_ + ": " + what); }
  /// What it must be told of the revisions from next_ to `last`.
  [[nodiscard]] std::vector<kv::Event> expected(std::int64_t last) const;
  [[nodiscard]] bool same(const kv::Event& told, const kv::Event& expected) const;

  Verdict& verdict_;
  const Model& model_;
  const kv::WatchRequest request_;
  const std::string name_;
  std::int64_t next_ = 0;
};

}  // namespace sim
