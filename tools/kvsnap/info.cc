// kvsnap info and verify: what a snapshot is of, and whether it is whole.
#include <cinttypes>
#include <cstdio>

#include "libkv/mvcc/recover.h"
#include "libraft/core/describe.h"
#include "tools/common/error_exit.h"
#include "tools/common/json_writer.h"
#include "tools/common/units.h"
#include "tools/kvsnap/survey.h"
#include "tools/kvsnap/verbs.h"

namespace tools::kvsnap {
namespace {

std::string ids(const std::vector<raft::NodeId>& nodes) {
  std::string text;
  for (const raft::NodeId id : nodes) text += (text.empty() ? "" : ", ") + raft::describe(id);
  return text;
}

void line(const char* name, const std::string& text) {
  if (!text.empty()) std::printf("%-14s %s\n", name, text.c_str());
}

std::string count(std::uint64_t value) {
  return std::to_string(value);
}

void print_text(const std::string& name, const Survey& found) {
  const kv::SnapshotHeader& header = found.header;
  line("snapshot",
       name + ", " + format_bytes(found.bytes) + ", " + format_bytes(found.totals.row_bytes) + " unpacked");
  line("format", count(kv::kSnapshotFormat));
  line("cluster", raft::describe(raft::NodeId(header.cluster_id)));
  line("entry", count(header.last.index.value()) + " of term " + count(header.last.term.value()));
  line("revision", std::to_string(header.revision) +
                       (header.compacted < 0 ? ", never compacted"
                                             : ", compacted at " + std::to_string(header.compacted)));
  line("keys", count(found.mark.live_keys));
  line("records", count(found.mark.records));
  line("auth", std::string(found.auth.enabled ? "on" : "off") + ", " + count(found.users) + " users, " +
                   count(found.roles) + " roles, auth revision " + count(found.auth.revision));
  line("configuration", "entry " + count(header.configuration.index.value()));
  line("  voters", ids(header.configuration.members.voters));
  line("  outgoing", ids(header.configuration.members.outgoing));
  line("  learners", ids(header.configuration.members.learners));
  for (const kv::MemberInfo& member : found.members) {
    std::string urls;
    for (const std::string& url : member.peer_urls) urls += (urls.empty() ? "" : ",") + url;
    line("member",
         raft::describe(member.id) + " " + (member.name.empty() ? "(unnamed)" : member.name) + " " + urls);
  }
}

void json_ids(JsonWriter& json, std::string_view name, const std::vector<raft::NodeId>& nodes) {
  json.key(name).begin_array();
  for (const raft::NodeId id : nodes) json.string(raft::describe(id));
  json.end_array();
}

void json_members(JsonWriter& json, const Survey& found) {
  json.key("members").begin_array();
  for (const kv::MemberInfo& member : found.members) {
    json.begin_object().key("id").string(raft::describe(member.id)).key("name").string(member.name);
    json.key("peer_urls").begin_array();
    for (const std::string& url : member.peer_urls) json.string(url);
    json.end_array().end_object();
  }
  json.end_array();
}

void print_json(const Survey& found) {
  const kv::SnapshotHeader& header = found.header;
  JsonWriter json;
  json.begin_object().key("format").unsigned_number(kv::kSnapshotFormat);
  json.key("cluster").string(raft::describe(raft::NodeId(header.cluster_id)));
  json.key("index").unsigned_number(header.last.index.value());
  json.key("term").unsigned_number(header.last.term.value());
  json.key("revision").number(header.revision).key("compacted").number(header.compacted);
  json.key("keys").unsigned_number(found.mark.live_keys);
  json.key("records").unsigned_number(found.mark.records);
  json.key("auth_enabled").boolean(found.auth.enabled);
  json.key("auth_revision").unsigned_number(found.auth.revision);
  json.key("users").unsigned_number(found.users).key("roles").unsigned_number(found.roles);
  json.key("bytes").unsigned_number(found.bytes).key("row_bytes").unsigned_number(found.totals.row_bytes);
  json.key("configuration_index").unsigned_number(header.configuration.index.value());
  json_ids(json, "voters", header.configuration.members.voters);
  json_ids(json, "outgoing", header.configuration.members.outgoing);
  json_ids(json, "learners", header.configuration.members.learners);
  json_members(json, found);
  std::printf("%s\n", json.end_object().text().c_str());
}

/// What a member verifies when it opens a state.
class Check {
 public:
  raft::Result<void> begin(const kv::SnapshotHeader& header) {
    recovery_.emplace(header.revision, header.compacted, index_);
    return {};
  }
  raft::Result<void> row(std::string_view key, std::string_view value) {
    return key.starts_with(kv::kRecordPrefix) ? recovery_->row(key, value) : raft::Result<void>();
  }
  raft::Result<void> finish(const Survey& found) {
    ASSIGN_OR_RETURN(const kv::Ledger ledger, recovery_->finish());
    if (ledger.mark.applied != found.header.last || ledger.mark.revision != found.header.revision ||
        ledger.mark.compacted != found.header.compacted) {
      return raft::fail(raft::ErrorCode::kCorruption, "the mark",
                        "is not of the state that the header names");
    }
    return {};
  }

 private:
  kv::NodePool pool_;
  kv::KeyIndex index_{pool_};
  std::optional<kv::Recovery> recovery_;
};

}  // namespace

Outcome<void> info(const Parsed& parsed) {
  TRY_ASSIGN(const auto input, open_input(parsed.arguments().front()));
  TRY_ASSIGN(const Survey found, survey(*input));
  if (parsed.text("write-out") == "jsonl") {
    print_json(found);
  } else {
    print_text(input->name(), found);
  }
  return {};
}

Outcome<void> verify(const Parsed& parsed) {
  TRY_ASSIGN(const auto input, open_input(parsed.arguments().front()));
  Check check;
  TRY_ASSIGN(const Survey found,
             survey(*input, {.header = [&](const kv::SnapshotHeader& header) { return check.begin(header); },
                             .row = [&](std::string_view key,
                                        std::string_view value) { return check.row(key, value); }}));
  if (const auto whole = check.finish(found); !whole) {
    Failure failure = failure_of(whole.error());
    return refuse(failure.exit, input->name() + ": " + failure.text);
  }
  std::printf("%s: whole, revision %" PRId64 ", %" PRIu64 " keys, %" PRIu64 " records, entry %" PRIu64 "\n",
              input->name().c_str(), found.header.revision, found.mark.live_keys, found.mark.records,
              found.header.last.index.value());
  return {};
}

}  // namespace tools::kvsnap
