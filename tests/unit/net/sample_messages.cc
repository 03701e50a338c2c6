#include "tests/unit/net/sample_messages.h"

#include <limits>

#include "libraft/core/describe.h"

namespace raft {
namespace {

constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();

std::string escaped(std::string_view bytes) {
  std::string text = std::to_string(bytes.size()) + ":";
  for (const char c : bytes) text += std::to_string(static_cast<int>(c)) + ",";
  return text;
}

void add_appends(std::vector<Message>& out) {
  out.push_back(AppendEntries{.term = Term(9), .previous = {Index(4), Term(8)}, .commit = Index(3)});
  out.push_back(AppendEntries{
      .term = Term(kLast), .previous = {Index(kLast), Term(kLast)}, .commit = Index(kLast), .round = kLast});
  AppendEntries full{.term = Term(9), .previous = {Index(4), Term(8)}, .commit = Index(3), .round = 2};
  full.entries = entries_from(5, 9,
                              {"", "a", std::string(127, 'x'), std::string(128, 'y'),
                               std::string("\0\xff\0", 3), std::string(70000, 'z')});
  full.entries[0].type = EntryType::kNoop;
  full.entries[3].type = EntryType::kConfiguration;
  out.emplace_back(full);
  AppendEntries last{.term = Term(9), .previous = {Index(kLast - 1), Term(8)}};
  last.entries = entries_from(kLast, kLast, {"the last index"});
  out.emplace_back(last);
}

}  // namespace

SharedBytes shared(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

std::vector<Entry> entries_from(std::uint64_t first, std::uint64_t term,
                                const std::vector<std::string>& payloads) {
  std::vector<Entry> entries;
  for (const std::string& payload : payloads) {
    entries.push_back(
        {Index(first++), Term(term), EntryType::kCommand, payload.empty() ? SharedBytes() : shared(payload)});
  }
  return entries;
}

std::vector<Message> sample_messages() {
  std::vector<Message> all;
  for (const bool flag : {false, true}) {
    all.push_back(RequestVote{Term(1), flag, !flag, {Index(2), Term(3)}});
    all.push_back(VoteReply{Term(1), flag, !flag});
    all.push_back(AppendReply{Term(1), flag, Index(2), {Index(3), Term(4)}, 5});
  }
  all.push_back(RequestVote{Term(kLast), true, true, {Index(kLast), Term(kLast)}});
  all.push_back(RequestVote{});
  all.push_back(VoteReply{Term(kLast), true, true});
  all.push_back(AppendReply{Term(kLast), true, Index(kLast), {Index(kLast), Term(kLast)}, kLast});
  add_appends(all);
  all.push_back(TimeoutNow{Term(7)});
  all.push_back(ForwardProposals{Term(7), {}});
  all.push_back(ForwardProposals{Term(7), {shared("a"), shared(""), shared(std::string(300, 'p'))}});
  all.push_back(ReadIndexRequest{Term(7), kLast});
  all.push_back(ReadIndexReply{Term(7), kLast, Index(kLast)});
  all.push_back(SnapshotChunk{Term(7), 3, {Index(9), Term(6)}, 4, shared(std::string("\0x", 2))});
  all.push_back(SnapshotChunk{Term(7), kLast, {Index(kLast), Term(7)}, kLast, nullptr});
  for (const auto verdict :
       {SnapshotAck::Verdict::kGoOn, SnapshotAck::Verdict::kInstalled, SnapshotAck::Verdict::kRefused}) {
    all.push_back(SnapshotAck{Term(7), 3, kLast, verdict});
  }
  all.push_back(ServiceNote{Term(7), shared(std::string("\0n", 2))});
  all.push_back(ElectionPriority{Term(7), 255});
  return all;
}

std::vector<Message> usual_messages() {
  std::vector<Message> usual = sample_messages();
  std::erase_if(usual, [](const Message& message) { return std::holds_alternative<SnapshotChunk>(message); });
  return usual;
}

std::string dump(const Message& message) {
  std::string text = describe(message);
  if (const auto* vote = std::get_if<RequestVote>(&message)) text += vote->transfer ? " transfer" : "";
  if (const auto* reply = std::get_if<VoteReply>(&message)) text += reply->pre_vote ? " pre" : "";
  if (const auto* reply = std::get_if<AppendReply>(&message)) {
    text +=
        " hint " + std::to_string(reply->hint.index.value()) + "/" + std::to_string(reply->hint.term.value());
  }
  if (const auto* append = std::get_if<AppendEntries>(&message)) {
    for (const Entry& entry : append->entries) {
      text += "\n" + std::to_string(entry.index.value()) + "/" + std::to_string(entry.term.value()) + " " +
              std::to_string(static_cast<int>(entry.type)) + " " + escaped(entry.bytes());
    }
  }
  if (const auto* chunk = std::get_if<SnapshotChunk>(&message); chunk != nullptr && chunk->bytes) {
    text += "\n" + escaped(*chunk->bytes);
  }
  if (const auto* note = std::get_if<ServiceNote>(&message)) text += "\n" + escaped(*note->bytes);
  if (const auto* forward = std::get_if<ForwardProposals>(&message)) {
    for (const SharedBytes& payload : forward->payloads) text += "\n" + escaped(*payload);
  }
  return text;
}

}  // namespace raft
