// A name for permissions, granted to users.
#pragma once

#include <string>
#include <vector>

#include "libkv/auth/permission.h"

namespace kv {

struct Role {
  std::string name;
  std::vector<Permission> permissions;  ///< sorted by key and range_end, which no two share

  bool operator==(const Role&) const = default;
};

}  // namespace kv
