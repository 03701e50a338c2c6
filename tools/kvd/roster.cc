#include "tools/kvd/roster.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "libkv/machine/ids.h"
#include "libkv/machine/member_rows.h"
#include "libraft/base/bytes.h"
#include "libraft/core/describe.h"
#include "libraft/net/roster.h"
#include "tools/common/identity.h"
#include "tools/kvd/peer_settings.h"

namespace tools::kvd {
namespace {

using raft::ErrorCode;
using raft::fail;

constexpr std::uint8_t kRosterFormat = 1;

/// How long one address may take to answer. A first start of several members meets some that are not up yet.
constexpr std::chrono::milliseconds kAskFor{2000};

/// How long the news that a member was added may take to all the others, and how often they are asked.
constexpr std::chrono::milliseconds kHeardWithin{3000};
constexpr std::chrono::milliseconds kAskAgainAfter{200};

Roster founding_roster(const Config& config) {
  Roster roster{.founding = true};
  std::vector<std::uint64_t> ids;
  for (const auto& [name, urls] : config.initial_cluster) {
    const std::uint64_t id = kv::member_id(urls, config.initial_cluster_token);
    ids.push_back(id);
    // A member tells its name through the log once it has started (contract section 7.4).
    roster.members.push_back({.id = raft::NodeId(id), .peer_urls = urls});
    if (name == config.name) roster.self = raft::NodeId(id);
  }
  roster.cluster = kv::cluster_id(ids);
  std::sort(roster.members.begin(), roster.members.end(),
            [](const kv::MemberInfo& a, const kv::MemberInfo& b) { return a.id < b.id; });
  return roster;
}

std::vector<std::string> sorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ",") + text;
  return all;
}

raft::Result<Roster> ask(const Config& config, const std::string& peer_url) {
  ASSIGN_OR_RETURN(const Url url, parse_url(peer_url));
  ASSIGN_OR_RETURN(const std::string bytes,
                   raft::ask_roster({url.host, url.port}, peer_tls_of(config), kAskFor));
  return decode_roster(bytes);
}

raft::Error started_before(const kv::MemberInfo& member, const Config& config) {
  return {ErrorCode::kMismatch, config.data_dir,
          "is empty, but member " + raft::describe(member.id) + " (" + member.name +
              ") of this cluster has been started before; give it its own data directory, or replace it: "
              "kvctl member replace " +
              raft::describe(member.id) + " NAME --peer-urls=URL"};
}

raft::Result<Roster> joining_roster(const Config& config) {
  ASSIGN_OR_RETURN(Roster roster, ask_others(config));
  const std::vector<std::string> own = sorted(texts(config.initial_advertise_peer_urls));
  const kv::MemberInfo* started = nullptr;
  for (const kv::MemberInfo& member : roster.members) {
    if (sorted(member.peer_urls) != own) continue;
    if (member.name.empty()) {
      roster.self = member.id;
      return roster;
    }
    started = &member;  // the one that this one replaces may have the same URLs
  }
  if (started != nullptr) return fail(started_before(*started, config));
  return fail(ErrorCode::kInvalidArgument, "--initial-advertise-peer-urls",
              "no member of cluster " + raft::describe(raft::NodeId(roster.cluster)) + " has " + joined(own) +
                  "; add it first: kvctl member add " + config.name + " --peer-urls=" + joined(own));
}

/// The addresses of other members that the settings know.
std::vector<std::string> addresses_of_others(const Config& config) {
  if (config.join_token) return config.join_peers;
  std::vector<std::string> all;
  for (const auto& [name, urls] : config.initial_cluster) {
    if (name != config.name) all.insert(all.end(), urls.begin(), urls.end());
  }
  return all;
}

const kv::MemberInfo* find(const Roster& roster, std::uint64_t id) {
  const auto found = std::ranges::find(roster.members, raft::NodeId(id), &kv::MemberInfo::id);
  return found == roster.members.end() ? nullptr : &*found;
}

std::string hex(std::uint64_t id) {
  return raft::describe(raft::NodeId(id));
}

raft::Error unknown_member(const JoinToken& token) {
  return {ErrorCode::kMismatch, "--token",
          "is for member " + hex(token.member) + ", which cluster " + hex(token.cluster) +
              " does not have: it was removed; add it again: kvctl member add " + token.name +
              " --promote --peer-urls=" + joined(token.peer_urls)};
}

/// What the others say of the member that the token is for. One of them may lag behind the one that added it:
/// all are asked, again for a while.
raft::Result<Roster> token_roster(const Config& config) {
  const JoinToken& token = *config.join_token;
  const auto until = std::chrono::steady_clock::now() + kHeardWithin;
  for (;;) {
    raft::Error error = unknown_member(token);
    for (const std::string& url : config.join_peers) {
      auto roster = ask(config, url);
      if (!roster) {
        error = std::move(roster.error());
        continue;
      }
      if (roster->cluster != token.cluster) {
        return fail(ErrorCode::kMismatch, "--token",
                    "is for cluster " + hex(token.cluster) + ", but " + url + " is of cluster " +
                        hex(roster->cluster));
      }
      const kv::MemberInfo* const self = find(*roster, token.member);
      if (self != nullptr && !self->name.empty()) return fail(started_before(*self, config));
      roster->self = raft::NodeId(token.member);
      if (self != nullptr) return roster;
    }
    if (std::chrono::steady_clock::now() >= until) return fail(std::move(error));
    std::this_thread::sleep_for(kAskAgainAfter);
  }
}

/// Once it has joined, the same command just starts it: its directory knows who it is.
raft::Result<Roster> same_member(const Config& config, const Identity& identity) {
  const auto& token = config.join_token;
  if (token && (token->cluster != identity.cluster || token->member != identity.member)) {
    return fail(ErrorCode::kMismatch, config.data_dir,
                "belongs to member " + hex(identity.member) + " of cluster " + hex(identity.cluster) +
                    ", but --token is for member " + hex(token->member) + " of cluster " +
                    hex(token->cluster) + "; use another --data-dir");
  }
  return Roster{.cluster = identity.cluster, .self = raft::NodeId(identity.member)};
}

/// Peers that are up may know that this is no first start at all.
raft::Result<Roster> checked_with_peers(Roster roster, const Config& config) {
  if (roster.members.size() < 2) return roster;
  const auto known = ask_others(config);
  if (!known || known->cluster != roster.cluster) return roster;
  for (const kv::MemberInfo& member : known->members) {
    if (member.id == roster.self && !member.name.empty()) return fail(started_before(member, config));
  }
  return roster;
}

}  // namespace

std::string encode_roster(std::uint64_t cluster, const std::vector<kv::MemberInfo>& members) {
  std::string bytes;
  raft::ByteWriter writer(bytes);
  writer.u8(kRosterFormat);
  writer.u64(cluster);
  writer.varint(members.size());
  for (const kv::MemberInfo& member : members) {
    const auto [key, value] = kv::member_row(member);
    writer.bytes(key);
    writer.bytes(value);
  }
  return bytes;
}

raft::Result<Roster> decode_roster(std::string_view bytes) {
  raft::ByteReader reader(bytes);
  if (const std::uint8_t format = reader.u8(); reader.ok() && format != kRosterFormat) {
    return fail(ErrorCode::kMismatch, "roster", "format " + std::to_string(format) + " is not known here");
  }
  Roster roster;
  roster.cluster = reader.u64();
  const std::uint64_t count = reader.varint();
  if (count > raft::kMembersMax) reader.reject();
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    const std::string_view key = reader.bytes();
    const std::string_view value = reader.bytes();
    if (!reader.ok()) break;
    ASSIGN_OR_RETURN(kv::DecodedMember member, kv::decode_member(key, value));
    roster.members.push_back(std::move(member.member));
  }
  if (!reader.done()) return fail(ErrorCode::kCorruption, "roster", "malformed");
  return roster;
}

raft::Result<Roster> ask_others(const Config& config) {
  std::string unanswered;
  for (const std::string& url : addresses_of_others(config)) {
    auto roster = ask(config, url);
    if (roster) return roster;
    if (roster.error().code != ErrorCode::kUnavailable) return fail(std::move(roster.error()));
    unanswered += (unanswered.empty() ? "" : "; ") + roster.error().text();
  }
  const std::string source = config.join_token ? "--peer" : "--initial-cluster";
  return fail(ErrorCode::kUnavailable, "no peer of " + source + " answers",
              unanswered.empty() ? "it names no other member" : unanswered);
}

raft::Result<Roster> find_roster(const Config& config) {
  const auto identity = read_identity(config.data_dir);
  if (!identity && identity.error().code != ErrorCode::kNotFound) return fail(identity.error());
  if (!config.joins) {
    Roster roster = founding_roster(config);
    if (identity) return roster;  // claim_directory compares them
    return checked_with_peers(std::move(roster), config);
  }
  if (identity) return same_member(config, *identity);
  if (config.join_token) return token_roster(config);
  return joining_roster(config);
}

}  // namespace tools::kvd
