// Whether a learner may be promoted, as members ask the one that leads (FORMAT.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "libkv/server/note.h"
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

/// The body.
std::string encode_promotion_note(const PromotionNote& note);
/// Nothing for a body that is none. Of a note of kPromotion.
std::optional<PromotionNote> decode_promotion_note(const Note& note);

}  // namespace kv
