#include "libraft/core/describe.h"

#include <charconv>

namespace raft {
namespace {

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

std::string describe(EntryId id) {
  return number(id.index.value()) + "/" + number(id.term.value());
}

std::string flag(bool value) {
  return value ? "yes" : "no";
}

std::string body(const RequestVote& m) {
  return std::string(m.pre_vote ? "pre-vote" : "request-vote") + " last=" + describe(m.last) +
         (m.transfer ? " transfer=yes" : "");
}

std::string body(const VoteReply& m) {
  return std::string(m.pre_vote ? "pre-vote-reply" : "vote-reply") + " granted=" + flag(m.granted);
}

std::string body(const AppendEntries& m) {
  return "append previous=" + describe(m.previous) + " entries=" + number(m.entries.size()) +
         " commit=" + number(m.commit.value()) + " round=" + number(m.round);
}

std::string body(const AppendReply& m) {
  return "append-reply success=" + flag(m.success) + " match=" + number(m.match.value()) +
         (m.success ? "" : " hint=" + describe(m.hint)) + " round=" + number(m.round);
}

std::string body(const TimeoutNow& /*m*/) {
  return "timeout-now";
}
std::string body(const ForwardProposals& m) {
  return "forward proposals=" + number(m.payloads.size());
}
std::string body(const ReadIndexRequest& m) {
  return "read-index id=" + number(m.id);
}

std::string body(const ReadIndexReply& m) {
  return "read-index-reply id=" + number(m.id) + " index=" + number(m.index.value());
}

std::string body(const SnapshotChunk& m) {
  return "snapshot-chunk transfer=" + number(m.transfer) + " last=" + describe(m.last) +
         " number=" + number(m.number) + " bytes=" + (m.bytes ? number(m.bytes->size()) : "end");
}

std::string body(const SnapshotAck& m) {
  constexpr std::string_view kVerdicts[] = {"go-on", "installed", "refused"};
  return "snapshot-ack transfer=" + number(m.transfer) + " next=" + number(m.next) +
         " verdict=" + std::string(kVerdicts[static_cast<std::size_t>(m.verdict)]);
}

std::string body(const ServiceNote& m) {
  return "service-note bytes=" + number(m.bytes ? m.bytes->size() : 0);
}

std::string body(const ElectionPriority& m) {
  return "election-priority priority=" + number(m.priority);
}

}  // namespace

std::string describe(NodeId id) {
  char text[16];
  const auto end = std::to_chars(text, text + sizeof(text), id.value(), 16).ptr;
  return {text, end};
}

std::string_view name(RoleName role) {
  switch (role) {
    case RoleName::kFollower:
      return "follower";
    case RoleName::kPreCandidate:
      return "pre-candidate";
    case RoleName::kCandidate:
      return "candidate";
    case RoleName::kLeader:
      return "leader";
  }
  return "unknown";
}

std::string describe(const Message& message) {
  return std::visit([](const auto& m) { return body(m) + " term=" + number(m.term.value()); }, message);
}

std::string describe(const CoreStatus& status) {
  return "role=" + std::string(name(status.role)) + " term=" + number(status.term.value()) +
         " leader=" + (status.leader ? describe(*status.leader) : "none") +
         " commit=" + number(status.commit.value()) + " durable=" + number(status.durable.value()) +
         " last=" + describe(status.last);
}

std::string describe(const Membership& membership) {
  const auto list = [](const std::vector<NodeId>& ids) {
    std::string text;
    for (NodeId id : ids) text += (text.empty() ? "" : ",") + describe(id);
    return text.empty() ? "none" : text;
  };
  return "voters=" + list(membership.voters) +
         (membership.joint() ? " outgoing=" + list(membership.outgoing) : "") +
         " learners=" + list(membership.learners);
}

}  // namespace raft
