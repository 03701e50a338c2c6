#include "tools/common/url.h"

#include <arpa/inet.h>

#include <charconv>

namespace tools {

using raft::ErrorCode;
using raft::fail;

std::string Url::text() const {
  const bool brackets = host.find(':') != std::string::npos;
  return scheme + "://" + (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool Url::is_address() const {
  in6_addr parsed{};  // large enough for either
  return host == "localhost" || inet_pton(AF_INET, host.c_str(), &parsed) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

raft::Result<Url> parse_url(std::string_view text) {
  const std::string whole(text);
  Url url;
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument, whole, "is not a URL; it must be like http://10.0.0.1:2380");
  }
  url.scheme = text.substr(0, colon);
  if (url.scheme != "http" && url.scheme != "https") {
    return fail(ErrorCode::kInvalidArgument, whole,
                "has the scheme '" + url.scheme + "'; it must be http or https");
  }
  std::string_view rest = text.substr(colon + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const auto port_at = rest.rfind(':');
  const bool bracketed = rest.starts_with('[');
  if (port_at == std::string_view::npos || (bracketed && rest[port_at - 1] != ']')) {
    return fail(ErrorCode::kInvalidArgument, whole, "has no port; it must be like http://10.0.0.1:2380");
  }
  const std::string_view port = rest.substr(port_at + 1);
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (parsed.ec != std::errc() || parsed.ptr != port.data() + port.size()) {
    return fail(ErrorCode::kInvalidArgument, whole, "has no valid port; it must be a number from 0 to 65535");
  }
  url.host = bracketed ? rest.substr(1, port_at - 2) : rest.substr(0, port_at);
  const bool clean = url.host.find_first_of("/?#@ ") == std::string::npos &&
                     (bracketed || url.host.find(':') == std::string::npos);
  if (url.host.empty() || !clean) {
    return fail(ErrorCode::kInvalidArgument, whole,
                "has no valid host, or a path; it must be like http://10.0.0.1:2380");
  }
  return url;
}

raft::Result<std::vector<Url>> parse_urls(std::string_view text) {
  std::vector<Url> urls;
  for (;;) {
    const auto comma = text.find(',');
    ASSIGN_OR_RETURN(urls.emplace_back(), parse_url(text.substr(0, comma)));
    if (comma == std::string_view::npos) return urls;
    text.remove_prefix(comma + 1);
  }
}

std::vector<std::string> texts(const std::vector<Url>& urls) {
  std::vector<std::string> all;
  for (const Url& url : urls) all.push_back(url.text());
  return all;
}

}  // namespace tools
