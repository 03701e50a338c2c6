// Outcomes as bytes: what is kept for retries of writes in sessions (libkv/mvcc/FORMAT.md, "session").
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "libkv/machine/outcome.h"
#include "libraft/base/result.h"

namespace kv {

/// The outcome of an operation that is_repeatable. One of more than `bytes_max` is encoded as the refusal
/// kResultTooLarge, which is what a retry is told.
std::string encode_outcome(const Outcome& outcome, std::size_t bytes_max);

/// Bounds-checked: kCorruption.
raft::Result<Outcome> decode_outcome(std::string_view bytes);

namespace codec {

/// The second part of an encoded outcome: the command's kind. Never renumbered.
enum class OutcomeKind : std::uint8_t {
  kRefused = 0,
  kPut = 1,
  kDeleteRange = 2,
  kTxn = 3,
  kCompact = 4,
  kLeaseGrant = 10,
  kLeaseRevoke = 11,
};

/// The first byte of every result inside a Txn's. Never renumbered.
enum class StepKind : std::uint8_t { kRange = 1, kPut = 2, kDeleteRange = 3, kTxn = 4 };

}  // namespace codec

}  // namespace kv
