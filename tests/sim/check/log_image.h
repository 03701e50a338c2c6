// What one member's disk holds of the log, as far as completed calls say: terms and hard state, no payloads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libraft/core/types.h"
#include "libraft/log/log_store.h"

namespace sim {

class LogImage {
 public:
  LogImage() = default;
  explicit LogImage(const raft::LogState& opened)
      : base_(opened.base), last_(opened.last), runs_(opened.runs), hard_state_(opened.hard_state) {}

  void append(const raft::LogBatch& batch);
  void truncate_prefix(raft::EntryId base);

  [[nodiscard]] raft::Index last() const { return last_; }
  [[nodiscard]] raft::EntryId base() const { return base_; }
  [[nodiscard]] const raft::HardState& hard_state() const { return hard_state_; }
  /// The term of the entry; that of the base for the base; nothing beyond either end.
  [[nodiscard]] std::optional<raft::Term> term_at(raft::Index index) const;
  /// Whether the entry is there or, being behind the base, was there.
  [[nodiscard]] bool covers(raft::EntryId id) const {
    return id.index < base_.index || term_at(id.index) == std::optional<raft::Term>(id.term);
  }
  [[nodiscard]] std::string text() const;

  bool operator==(const LogImage&) const = default;

 private:
  void cut_from(raft::Index first);

  raft::EntryId base_;
  raft::Index last_;
  std::vector<raft::TermRun> runs_;
  raft::HardState hard_state_;
};

}  // namespace sim
