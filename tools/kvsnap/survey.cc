#include "tools/kvsnap/survey.h"

#include <unistd.h>

#include <iostream>

#include "libkv/machine/member_rows.h"
#include "libkv/snapshot/stream_reader.h"
#include "tools/common/error_exit.h"
#include "tools/common/progress.h"

namespace tools::kvsnap {
namespace {

raft::Result<void> take_row(Survey& survey, std::string_view key, std::string_view value) {
  if (key.starts_with(kv::kMemberPrefix)) {
    ASSIGN_OR_RETURN(kv::DecodedMember decoded, kv::decode_member(key, value));
    if (!decoded.removed) survey.members.push_back(std::move(decoded.member));
  } else if (key == kv::kAuthStateKey) {
    ASSIGN_OR_RETURN(survey.auth, kv::decode_auth_state(value));
  } else if (key.starts_with(kv::kUserPrefix)) {
    ++survey.users;
  } else if (key.starts_with(kv::kRolePrefix)) {
    ++survey.roles;
  } else if (key.starts_with(kv::kRecordPrefix)) {
    ASSIGN_OR_RETURN(const kv::ParsedKey parsed, kv::parse_key(key));
    if (parsed.mark) {
      ASSIGN_OR_RETURN(survey.mark, kv::decode_mark(value));
    }
  }
  return {};
}

Failure in(const Input& input, const raft::Error& error) {
  Failure failure = failure_of(error);
  failure.text = input.name() + ": " + failure.text;
  return failure;
}

}  // namespace

Outcome<Survey> survey(Input& input, const RowVisitor& visit) {
  Survey found;
  kv::StreamReader reader({.header = visit.header,
                           .row = [&](std::string_view key, std::string_view value) -> raft::Result<void> {
                             RETURN_IF_ERROR(take_row(found, key, value));
                             return visit.row ? visit.row(key, value) : raft::Result<void>();
                           }},
                          kv::Envelope::kAllowed);
  Progress progress(::isatty(STDERR_FILENO) == 1 ? &std::cerr : nullptr, "reading", "bytes");
  for (;;) {
    TRY_ASSIGN(const std::string bytes, input.read(kPieceBytes));
    if (bytes.empty()) break;
    if (auto pushed = reader.push(bytes); !pushed) return refuse(in(input, pushed.error()));
    progress.update(reader.bytes(), input.bytes_total());
  }
  const auto totals = reader.finish();
  if (!totals) return refuse(in(input, totals.error()));
  found.header = *reader.header();
  found.totals = *totals;
  found.bytes = reader.bytes();
  return found;
}

}  // namespace tools::kvsnap
