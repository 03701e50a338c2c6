#include "tools/kvctl/member_output.h"

#include <array>
#include <charconv>
#include <cstdio>

#include "tools/common/escape.h"
#include "tools/common/join_token.h"
#include "tools/common/table.h"
#include "tools/kvctl/message_json.h"
#include "tools/kvctl/output.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::Member;
using etcdserverpb::MemberListResponse;

std::string joined(const google::protobuf::RepeatedPtrField<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ",") + item;
  return out;
}

/// As Go's %16x: what is shorter has spaces in front.
std::string padded(std::uint64_t id) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%16llx", static_cast<unsigned long long>(id));
  return text.data();
}

std::vector<std::string> member_row(const Member& member) {
  return {member_text(member.id()),
          member.name().empty() ? "unstarted" : "started",
          member.name(),
          joined(member.peerurls()),
          joined(member.clienturls()),
          member.islearner() ? "true" : "false"};
}

void print_fields(std::ostream& out, const Member& member) {
  out << "\"ID\" : " << member.id() << "\n\"Name\" : " << quote(member.name()) << '\n';
  for (const std::string& url : member.peerurls()) out << "\"PeerURL\" : " << quote(url) << '\n';
  for (const std::string& url : member.clienturls()) out << "\"ClientURL\" : " << quote(url) << '\n';
  out << "\"IsLearner\" : " << (member.islearner() ? "true" : "false") << "\n\n";
}

}  // namespace

std::string member_text(std::uint64_t id) {
  std::array<char, 24> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), id, 16);
  return {text.data(), end};
}

Outcome<std::uint64_t> parse_member(const std::string& text) {
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id, 16);
  if (error != std::errc() || end != text.data() + text.size()) {
    return refuse_usage("bad member ID \"" + text + "\": it must be hexadecimal, as member list prints it");
  }
  return id;
}

Outcome<void> print_members(std::ostream& out, Format format, const MemberListResponse& response) {
  std::vector<std::vector<std::string>> rows;
  for (const Member& member : response.members()) rows.push_back(member_row(member));
  switch (format) {
    case Format::kSimple:
      for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) out << (i == 0 ? "" : ", ") << row[i];
        out << '\n';
      }
      return {};
    case Format::kTable:
      out << draw_table({"ID", "status", "name", "peer addrs", "client addrs", "is learner"}, rows);
      return {};
    case Format::kJson:
      out << to_json(response) << '\n';
      return {};
    case Format::kJsonl:
      for (const Member& member : response.members()) out << to_json(member) << '\n';
      return {};
    case Format::kFields:
      fields::print_header(out, response.header());
      for (const Member& member : response.members()) print_fields(out, member);
      return {};
    case Format::kRaw:
      break;
  }
  return no_format("raw");
}

Outcome<void> print(std::ostream& out, Format format, const MemberChange& change) {
  switch (format) {
    case Format::kSimple:
      out << "Member " << padded(change.member) << ' ' << change.what << " cluster "
          << padded(change.header.cluster_id()) << '\n';
      return {};
    case Format::kJson:
    case Format::kJsonl:
      out << to_json(change.response) << '\n';
      return {};
    case Format::kFields:
      fields::print_header(out, change.header);
      out << "\"ID\" : " << change.member << '\n';
      return {};
    case Format::kTable:
      return no_format("table");
    case Format::kRaw:
      break;
  }
  return no_format("raw");
}

std::string start_settings(const etcdserverpb::MemberAddResponse& response, const std::string& name,
                           const std::string& peer_urls) {
  std::string cluster;
  for (const Member& member : response.members()) {
    const std::string& its_name = member.id() == response.member().id() ? name : member.name();
    for (const std::string& url : member.peerurls()) {
      cluster += (cluster.empty() ? "" : ",") + its_name + "=" + url;
    }
  }
  return "ETCD_NAME=" + quote(name) + "\nETCD_INITIAL_CLUSTER=" + quote(cluster) +
         "\nETCD_INITIAL_ADVERTISE_PEER_URLS=" + quote(peer_urls) +
         "\nETCD_INITIAL_CLUSTER_STATE=\"existing\"\n";
}

std::string join_command(const etcdserverpb::MemberAddResponse& response, const std::string& name) {
  JoinToken token{.cluster = response.header().cluster_id(),
                  .member = response.member().id(),
                  .name = name,
                  .peer_urls = {response.member().peerurls().begin(), response.member().peerurls().end()}};
  std::string peers;
  for (const Member& member : response.members()) {
    if (member.id() == token.member || member.name().empty()) continue;
    peers += (peers.empty() ? "" : ",") + joined(member.peerurls());
  }
  return "# kvd join --peer " + peers + " --token " + encode_join_token(token) + '\n';
}

}  // namespace tools::kvctl
