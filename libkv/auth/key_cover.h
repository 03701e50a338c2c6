// The keys that a list of permissions reaches, with neighbours merged.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libkv/auth/permission.h"

namespace kv {

/// Where a run of keys ends: the first key outside, or nothing when there is none.
using KeyEnd = std::optional<std::string_view>;

/// Ranges that neither overlap nor touch. Thread: none of its own.
class KeyCover {
 public:
  KeyCover() = default;
  /// Of the permissions that include `need`, kRead or kWrite. Requires them sorted by key.
  KeyCover(const std::vector<Permission>& permissions, PermissionType need);

  /// The end of the range that holds `key`. False when none does; then `end` is as it was.
  bool reach(std::string_view key, KeyEnd& end) const;

 private:
  struct Range {
    std::string begin;
    std::string end;
    bool endless = false;
  };

  std::vector<Range> ranges_;
};

}  // namespace kv
