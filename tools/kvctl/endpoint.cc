#include "tools/kvctl/endpoint.h"

#include <algorithm>
#include <charconv>

namespace tools::kvctl {
namespace {

constexpr std::uint16_t kDefaultPort = 2379;

std::unexpected<Failure> bad(std::string_view text, std::string_view why) {
  return refuse_usage("endpoint \"" + std::string(text) + "\": " + std::string(why));
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

/// Takes the scheme off the front of `rest`; false when it is none we speak.
bool take_scheme(std::string_view& rest, Endpoint& endpoint) {
  const auto at = rest.find("://");
  if (at == std::string_view::npos) return true;
  const std::string_view scheme = rest.substr(0, at);
  rest.remove_prefix(at + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  endpoint.tls = scheme == "https";
  return scheme == "http" || scheme == "https";
}

}  // namespace

Outcome<Endpoint> parse_endpoint(std::string_view text) {
  Endpoint endpoint{.text = std::string(text), .port = kDefaultPort};
  std::string_view rest = text;
  if (!take_scheme(rest, endpoint)) return bad(text, "the scheme must be http or https");
  std::string_view port;
  if (rest.starts_with('[')) {
    const auto close = rest.find(']');
    if (close == std::string_view::npos) return bad(text, "no ] behind the address");
    endpoint.host = rest.substr(1, close - 1);
    port = rest.substr(close + 1);
  } else {
    const auto colon = rest.find(':');
    endpoint.host = rest.substr(0, colon);
    if (colon != std::string_view::npos) port = rest.substr(colon);
  }
  if (endpoint.host.empty()) return bad(text, "no host");
  if (endpoint.host.find('/') != std::string::npos) return bad(text, "there is no path in an endpoint");
  if (!port.empty()) {
    const auto number = port.starts_with(':') ? parse_port(port.substr(1)) : std::nullopt;
    if (!number) return bad(text, "not a port (IPv6 addresses go in brackets)");
    endpoint.port = *number;
  }
  return endpoint;
}

Outcome<std::vector<Endpoint>> parse_endpoints(std::string_view list) {
  std::vector<Endpoint> endpoints;
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    const std::string_view item = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (item.empty()) continue;
    TRY_ASSIGN(Endpoint endpoint, parse_endpoint(item));
    endpoints.push_back(std::move(endpoint));
  }
  if (endpoints.empty()) return refuse_usage("--endpoints: the list is empty");
  return endpoints;
}

}  // namespace tools::kvctl
