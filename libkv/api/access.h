// Which method needs whom, while authentication is on (contract section 9.3).
#pragma once

#include <cstdint>
#include <string_view>

namespace kv::api {

enum class Access : std::uint8_t {
  kOpen,  ///< anybody
  kKeys,  ///< depends on the request: on its keys mostly; the method asks, or the log does when it is applied
  kUser,  ///< anybody who is known
  kAdmin,  ///< who has the role root
};

/// Of "/package.Service/Method"; kAdmin for one that has no rule. A test holds the rules against the .proto
/// files: every method has one.
Access access_of(std::string_view path);
/// Whether there is a rule.
bool has_rule(std::string_view path);

}  // namespace kv::api
