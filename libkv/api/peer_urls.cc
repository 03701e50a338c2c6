#include "libkv/api/peer_urls.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace kv::api {
namespace {

constexpr std::string_view kSpace = " \t\r\n\v\f";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size();
}

/// A name or an IPv4 address, or an IPv6 address in brackets.
bool is_host(std::string_view text) {
  const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  if (bracketed) text = text.substr(1, text.size() - 2);
  return !text.empty() && std::all_of(text.begin(), text.end(), [bracketed](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return std::isalnum(byte) != 0 || c == '.' || c == '-' || c == '_' ||
           (bracketed && (c == ':' || c == '%'));
  });
}

std::optional<std::string> read_peer_url(std::string_view text) {
  text = trimmed(text);
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  std::string scheme(text.substr(0, colon));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (scheme != "http" && scheme != "https") return std::nullopt;
  const std::string_view address = text.substr(colon + 3);
  const auto port_at = address.rfind(':');
  if (port_at == std::string_view::npos) return std::nullopt;
  if (!is_host(address.substr(0, port_at)) || !is_port(address.substr(port_at + 1))) return std::nullopt;
  return scheme + std::string(text.substr(colon));
}

}  // namespace

std::optional<std::vector<std::string>> read_peer_urls(const std::vector<std::string>& texts) {
  std::vector<std::string> urls;
  for (const std::string& text : texts) {
    auto url = read_peer_url(text);
    if (!url) return std::nullopt;
    urls.push_back(std::move(*url));
  }
  if (urls.empty()) return std::nullopt;
  return urls;
}

}  // namespace kv::api
