// How much the table of users and roles holds. etcd knows no such limits: these keep the state bounded, and
// are far above what clusters have.
#pragma once

#include <cstddef>

namespace kv {

/// Decides what entries of the log do, so that it is the same on every member and for ever; only tests have
/// others. What would go beyond is KvError::kAuthLimit.
struct AuthLimits {
  std::size_t name_bytes_max = 1024;  ///< of a user and of a role
  std::size_t users_max = 65536;
  std::size_t roles_max = 65536;
  std::size_t roles_per_user_max = 1024;
  std::size_t permissions_per_role_max = 8192;
  /// Of one user or role (auth_bytes), and of all together.
  std::size_t entry_bytes_max = 1U << 20U;
  std::size_t bytes_max = 64U << 20U;
};

}  // namespace kv
