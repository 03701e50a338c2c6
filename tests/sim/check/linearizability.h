// Is there an order of the operations on one key that explains every answer? Wing and Gong's search with
// Lowe's memory of configurations seen. It knows values and versions, and nothing of revisions or logs.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "tests/sim/world/event_queue.h"

namespace sim {

/// A key as an observer sees it: 0 and 0 when it does not exist.
struct KeyState {
  std::uint64_t value = 0;
  std::uint64_t version = 0;

  bool operator==(const KeyState&) const = default;
};

/// What one operation did to one key.
struct KeyOperation {
  enum class Kind : std::uint8_t {
    kRead,
    kPut,
    kPutIfVersion,  ///< puts when the version is `expected`, else reads
    kDelete,
  };
  Kind kind = Kind::kRead;
  Micros invoked = 0;
  Micros returned = std::numeric_limits<Micros>::max();
  std::uint64_t value = 0;        ///< that is put
  std::uint64_t expected = 0;     ///< of kPutIfVersion
  std::optional<bool> succeeded;  ///< of kPutIfVersion and kDelete (it existed), when known
  std::optional<KeyState> seen;   ///< what a read, or a put that failed, saw
};

enum class Linearizable : std::uint8_t { kYes, kNo, kGaveUp };

/// `steps_max` bounds the search.
Linearizable check_key(std::vector<KeyOperation> history, std::uint64_t steps_max);

}  // namespace sim
