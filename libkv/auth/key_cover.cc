#include "libkv/auth/key_cover.h"

#include <algorithm>

#include "libkv/mvcc/key_range.h"

namespace kv {
namespace {

bool includes(PermissionType has, PermissionType need) {
  return has == need || has == PermissionType::kReadWrite;
}

}  // namespace

KeyCover::KeyCover(const std::vector<Permission>& permissions, PermissionType need) {
  for (const Permission& permission : permissions) {
    if (!includes(permission.type, need)) continue;
    const KeyRange keys = key_range(permission.key, permission.range_end);
    Range range{.begin = permission.key, .end = std::string(keys.end), .endless = false};
    if (keys.kind == KeyRange::Kind::kFrom) range.endless = true;
    // The key right behind is the key and one zero byte.
    if (keys.kind == KeyRange::Kind::kOne) range.end = permission.key + '\0';
    if (!range.endless && range.end <= range.begin) continue;
    if (ranges_.empty() || (!ranges_.back().endless && ranges_.back().end < range.begin)) {
      ranges_.push_back(std::move(range));
      continue;
    }
    Range& last = ranges_.back();
    last.endless = last.endless || range.endless;
    last.end = std::max(last.end, range.end);
  }
}

bool KeyCover::reach(std::string_view key, KeyEnd& end) const {
  const auto behind = std::ranges::upper_bound(ranges_, key, std::less<>(), &Range::begin);
  if (behind == ranges_.begin()) return false;
  const Range& range = *std::prev(behind);
  if (!range.endless && key >= range.end) return false;
  end = range.endless ? KeyEnd() : KeyEnd(range.end);
  return true;
}

}  // namespace kv
