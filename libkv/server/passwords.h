// Passwords and what is kept of them: bcrypt, as etcd has it (contract section 9.2). Slow on purpose: never
// on a thread that serves.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kv {

/// The work of one hash doubles with each step; 10 takes some 50 ms.
inline constexpr int kBcryptCostMin = 4;
inline constexpr int kBcryptCostMax = 31;
inline constexpr int kBcryptCostDefault = 10;

/// bcrypt reads no further.
inline constexpr std::size_t kPasswordBytesMax = 72;

/// Whether all of `password` would count: bcrypt stops at a zero byte and behind kPasswordBytesMax.
bool is_hashable(std::string_view password);

/// "$2a$10$..." with a salt of its own. Requires is_hashable and a cost in bounds. Nothing when the system
/// gives no random bytes.
std::optional<std::string> hash_password(std::string_view password, int cost);

/// Whether `hash` is that of `password`; not for a hash that crypt(5) does not know.
bool is_password(std::string_view password, const std::string& hash);

}  // namespace kv
