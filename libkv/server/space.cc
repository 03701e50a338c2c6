#include "libkv/server/space.h"

#include <algorithm>

namespace kv {
namespace {

/// The alarm goes off when a tenth of the quota is free, and has been for a while: at the limit itself it
/// would come and go with every write.
constexpr std::uint64_t kFreeShare = 10;
constexpr std::chrono::seconds kFitsFor{2};
/// Between proposals, so that one that waits for a leader is not joined by many.
constexpr std::chrono::seconds kMovePause{2};

/// Files are rewritten for so much, and when it is as much as what is in use.
constexpr std::uint64_t kWasteBytesMin = 64U << 20U;

}  // namespace

/// The estimate of what is in use knows nothing of compression and of the files' own overhead, so that it
/// decides about much only.
bool SpaceWatch::wasteful(const Look& look) const {
  const std::uint64_t waste =
      look.bytes_on_disk > look.bytes_in_use ? look.bytes_on_disk - look.bytes_in_use : 0;
  if (waste > std::max(kWasteBytesMin, look.bytes_in_use)) return true;
  const bool tight = quota_ && look.bytes_on_disk > *quota_ - *quota_ / kFreeShare;
  return tight && waste > *quota_ / kFreeShare;
}

SpaceWatch::Advice SpaceWatch::look(const Look& look) {
  Advice advice;
  if (!look.compacting && look.compacted != reclaimed_at_ && wasteful(look)) {
    advice.reclaim = true;
    reclaimed_at_ = look.compacted;
  }
  const bool roomy = !quota_ || look.bytes_on_disk <= *quota_ - *quota_ / kFreeShare;
  if (!look.alarmed || !roomy) fits_since_.reset();
  if (look.alarmed && roomy && !fits_since_) fits_since_ = look.now;
  if (next_move_ && look.now < *next_move_) return advice;
  if (!look.alarmed && quota_ && look.bytes_on_disk >= *quota_ && look.revision != raised_at_) {
    advice.raise = true;
    raised_at_ = look.revision;
  }
  if (look.by_quota && fits_since_ && look.now - *fits_since_ >= kFitsFor) advice.clear = true;
  if (advice.raise || advice.clear) next_move_ = look.now + kMovePause;
  return advice;
}

}  // namespace kv
