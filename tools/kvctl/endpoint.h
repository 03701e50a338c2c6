// Where a member listens for clients.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/common/outcome.h"

namespace tools::kvctl {

struct Endpoint {
  std::string text;  ///< as it was given: what messages and tables call it
  std::string host;  ///< without brackets
  std::uint16_t port = 0;
  std::optional<bool> tls;  ///< as the scheme says; nothing: it has none

  bool operator==(const Endpoint&) const = default;
};

/// host:port, http://host:port, https://host:port; a port that is missing is 2379. Failure: kExitUsage.
Outcome<Endpoint> parse_endpoint(std::string_view text);

/// A comma list of at least one.
Outcome<std::vector<Endpoint>> parse_endpoints(std::string_view list);

}  // namespace tools::kvctl
