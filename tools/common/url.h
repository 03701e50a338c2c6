// An address as etcd writes it: scheme://host:port.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libraft/base/result.h"

namespace tools {

struct Url {
  std::string scheme;  ///< http or https
  std::string host;    ///< without the brackets of an IPv6 address
  std::uint16_t port = 0;

  /// As it was written, normalised: "http://127.0.0.1:2380".
  [[nodiscard]] std::string text() const;
  /// The host is an IP address or localhost, not a name that somebody must look up.
  [[nodiscard]] bool is_address() const;
  bool operator==(const Url&) const = default;
};

raft::Result<Url> parse_url(std::string_view text);
/// A comma list; at least one.
raft::Result<std::vector<Url>> parse_urls(std::string_view text);
std::vector<std::string> texts(const std::vector<Url>& urls);

}  // namespace tools
