// One Range, as contract section 2.2 defines it, on one root of the index.
#pragma once

#include <cstdint>
#include <expected>

#include "libkv/mvcc/index_view.h"
#include "libkv/mvcc/range.h"
#include "libkv/mvcc/read_view.h"
#include "libkv/mvcc/record_reader.h"

namespace kv {

/// What a read sees: a published generation, or the writer's unfinished request.
struct Sight {
  IndexView index;
  std::int64_t revision;   ///< the newest that is visible
  std::int64_t compacted;  ///< reads below it are refused
  RecordReader records;
};

/// kNone: `count` stays 0, and a read with a limit costs no more than what it gives, at any revision.
enum class Counting : std::uint8_t { kAll, kNone };

std::expected<RangeResult, ReadFault> read_range(const Sight& sight, const RangeOp& op,
                                                 Counting counting = Counting::kAll);

}  // namespace kv
