// What one apply did, as desks hear of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "libkv/machine/machine.h"
#include "libkv/machine/outcome.h"
#include "libraft/core/types.h"

namespace kv {

namespace internal {
template <class Result, class... All>
constexpr std::uint64_t bit_of(const std::variant<All...>* /*of*/) {
  static_assert(sizeof...(All) <= 64 && (std::is_same_v<Result, All> || ...));
  std::uint64_t bit = 1;
  std::uint64_t found = 0;
  ((found |= std::is_same_v<Result, All> ? bit : 0, bit <<= 1U), ...);
  return found;
}
}  // namespace internal

struct AppliedBatch {
  AppliedBatch(std::span<const raft::Entry> entries_applied, std::vector<Applied> outcomes_of_them,
               Machine& machine)
      : entries(entries_applied),
        outcomes(std::move(outcomes_of_them)),
        points(machine.points()),
        changes(machine.take_changes()),
        view(machine.view()) {
    for (const Applied& one : outcomes) {
      if (one.outcome.result) results_ |= std::uint64_t{1} << one.outcome.result->index();
    }
  }

  /// Whether any of the outcomes is such a result: most batches hold writes of keys only.
  template <class Result>
  [[nodiscard]] bool holds() const {
    constexpr std::uint64_t kBit = internal::bit_of<Result>(static_cast<const OperationResult*>(nullptr));
    return (results_ & kBit) != 0;
  }

  std::span<const raft::Entry> entries;
  std::vector<Applied> outcomes;          ///< of every origin; the desk that answers takes its own away, last
  const std::vector<StatePoint>& points;  ///< Machine::points
  CollectedChanges changes;               ///< for the desk of the watches to take
  ReadView view;                          ///< the state behind the batch

 private:
  std::uint64_t results_ = 0;  // a bit for each alternative of OperationResult
};

}  // namespace kv
