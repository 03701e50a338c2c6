// Whether a learner may be promoted, as members ask the one that leads (FORMAT.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libraft/core/types.h"

namespace kv {

/// On the wire: never renumbered.
enum class PromotionWord : std::uint8_t { kMay = 0, kNotInSync = 1, kNotEnoughStarted = 2 };

struct PromotionNote {
  std::uint64_t ticket = 0;  ///< of the member that asks; comes back
  raft::NodeId learner;
  std::optional<PromotionWord> answer = {};

  bool operator==(const PromotionNote&) const = default;
};

std::string encode_promotion_note(const PromotionNote& note);
/// Nothing for bytes that are none: notes may be of another kind.
std::optional<PromotionNote> decode_promotion_note(std::string_view bytes);

}  // namespace kv
