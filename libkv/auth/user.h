// Who may ask.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kv {

/// The user without whom authentication cannot be enabled, and the role that allows everything: to be
/// granted, it need not exist.
inline constexpr std::string_view kRootUser = "root";
inline constexpr std::string_view kRootRole = "root";

struct User {
  std::string name;
  std::string password_hash;       ///< as crypt(5) writes it; empty: no password is the right one
  bool no_password = false;        ///< known by a client certificate's name only
  std::vector<std::string> roles;  ///< sorted

  bool operator==(const User&) const = default;
};

}  // namespace kv
