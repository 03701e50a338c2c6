#include "tools/kvd/join.h"

#include <algorithm>
#include <array>

#include "tools/common/url.h"

namespace tools::kvd {
namespace {

constexpr std::string_view kFromToken = "--token";
constexpr std::array<std::string_view, 3> kOtherWays = {"initial-cluster", "initial-cluster-state",
                                                        "initial-cluster-token"};

std::string comma_list(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ",") + word;
  return all;
}

bool same_urls(const std::string& list, std::vector<std::string> expected) {
  const auto urls = parse_urls(list);
  if (!urls) return true;  // a fault of its own
  std::vector<std::string> given = texts(*urls);
  std::sort(given.begin(), given.end());
  std::sort(expected.begin(), expected.end());
  return given == expected;
}

/// Where to listen when that was not said: at the address itself when the token has one.
std::optional<std::string> listen_urls(const JoinToken& token) {
  const auto urls = parse_urls(comma_list(token.peer_urls));
  if (!urls || !std::ranges::all_of(*urls, &Url::is_address)) return std::nullopt;
  return comma_list(token.peer_urls);
}

void add_implied(const JoinToken& token, Joining& joining) {
  Settings& settings = joining.settings;
  const auto imply = [&](std::string_view name, std::string value) {
    settings.try_emplace(std::string(name), Setting{std::move(value), std::string(kFromToken)});
  };
  const std::string own = comma_list(token.peer_urls);
  imply("name", token.name);
  imply("initial-advertise-peer-urls", own);
  imply("initial-cluster-state", "existing");
  const Setting& advertised = settings.find("initial-advertise-peer-urls")->second;
  if (!same_urls(advertised.value, token.peer_urls)) {
    joining.faults.push_back(advertised.origin + " is '" + advertised.value +
                             "', but the member was added with " + own);
  }
  if (settings.contains("listen-peer-urls")) return;
  if (const auto listen = listen_urls(token)) return imply("listen-peer-urls", *listen);
  joining.faults.push_back("--listen-peer-urls must be set: " + own +
                           " has a name in it, which does not say on which address to listen");
}

}  // namespace

Joining read_join(const Settings& settings) {
  Joining joining{.settings = settings, .token = {}, .faults = {}};
  const auto set = settings.find("token");
  if (set == settings.end()) {
    if (settings.contains("peer")) joining.faults.emplace_back("--peer is only for joining, with --token");
    return joining;
  }
  if (!settings.contains("peer")) joining.faults.push_back(*missing_for_join(settings));
  for (const std::string_view other : kOtherWays) {
    const auto clash = settings.find(other);
    if (clash != settings.end())
      joining.faults.push_back(clash->second.origin + " must not be set together with " + set->second.origin);
  }
  auto token = decode_join_token(set->second.value);
  if (!token) {
    joining.faults.push_back(set->second.origin + ": the " + token.error().where + " " + token.error().what);
    return joining;
  }
  add_implied(*token, joining);
  joining.token = std::move(*token);
  return joining;
}

std::optional<std::string> missing_for_join(const Settings& settings) {
  if (!settings.contains("peer"))
    return "--peer is missing: where a member of the cluster is reached by its peers";
  if (!settings.contains("token")) return "--token is missing: what kvctl member add printed";
  return std::nullopt;
}

}  // namespace tools::kvd
