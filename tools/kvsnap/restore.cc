// kvsnap restore: the data directory of one member of a new cluster, from a snapshot.
#include <leveldb/env.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "libkv/machine/member_rows.h"
#include "libkv/machine/state_directory.h"
#include "libkv/snapshot/rebase.h"
#include "libkv/snapshot/state_sink.h"
#include "libraft/core/describe.h"
#include "libraft/disk/disk_env.h"
#include "libraft/log/log_store.h"
#include "tools/common/error_exit.h"
#include "tools/common/progress.h"
#include "tools/kvsnap/input.h"
#include "tools/kvsnap/new_directory.h"
#include "tools/kvsnap/new_member.h"
#include "tools/kvsnap/verbs.h"

namespace tools::kvsnap {
namespace {

/// The members of a new cluster agree on its first entry without a log (libkv/machine/FORMAT.md).
constexpr raft::EntryId kBootstrap{raft::Index(1), raft::Term(1)};

Failure in(const std::string& name, const raft::Error& error) {
  Failure failure = failure_of(error);
  failure.text = name + ": " + failure.text;
  return failure;
}

kv::RebaseOptions rebase_options(const Parsed& parsed, const NewMember& member) {
  kv::RebaseOptions options{.cluster_id = member.identity.cluster,
                            .first = kBootstrap,
                            .configuration = {.index = kBootstrap.index, .members = member.membership},
                            .members = {},
                            .bump = parsed.number("bump-revision"),
                            .mark_compacted = parsed.on("mark-compacted")};
  for (const kv::MemberInfo& info : member.members) options.members.push_back(kv::member_row(info));
  return options;
}

/// The old snapshot through `rebase` into `sink`.
Outcome<kv::SnapshotHeader> convert(Input& input, kv::Rebase& rebase, kv::StateSink& sink) {
  Progress progress(::isatty(STDERR_FILENO) == 1 ? &std::cerr : nullptr, "restoring", "bytes");
  std::uint64_t done = 0;
  for (;;) {
    TRY_ASSIGN(const std::string bytes, input.read(kPieceBytes));
    if (bytes.empty()) break;
    if (auto pushed = rebase.push(bytes); !pushed) return refuse(in(input.name(), pushed.error()));
    if (auto written = sink.write(rebase.take()); !written) return refuse(failure_of(written.error()));
    done += bytes.size();
    progress.update(done, input.bytes_total());
  }
  if (auto whole = rebase.finish(); !whole) return refuse(in(input.name(), whole.error()));
  if (auto written = sink.write(rebase.take()); !written) return refuse(failure_of(written.error()));
  auto header = sink.finish();
  if (!header) return refuse(failure_of(header.error()));
  return std::move(*header);
}

Outcome<kv::SnapshotHeader> build(Input& input, const Parsed& parsed, const NewMember& member,
                                  const std::string& directory) {
  if (auto claimed = claim_directory(directory, member.identity); !claimed) {
    return refuse(failure_of(claimed.error()));
  }
  const auto env = raft::make_disk_env({});
  const std::string snap = directory + "/snap";
  env->CreateDir(snap);  // what is wrong with it shows when the state is made in it
  kv::StateSink sink({.env = env.get(),
                      .path = kv::state_path(snap, kBootstrap.index),
                      .cluster_id = member.identity.cluster});
  kv::Rebase rebase(rebase_options(parsed, member));
  TRY_ASSIGN(kv::SnapshotHeader header, convert(input, rebase, sink));
  sink.take().reset();
  const auto log =
      raft::open_log_store({.env = env.get(), .path = directory + "/wal", .first_base = kBootstrap});
  if (!log) return refuse(failure_of(log.error()));
  return header;
}

}  // namespace

Outcome<void> restore(const Parsed& parsed) {
  if (parsed.text("data-dir").empty())
    return refuse_usage("--data-dir is needed: where the member will live");
  TRY_ASSIGN(const NewMember member, new_member(parsed));
  TRY_ASSIGN(const auto input, open_input(parsed.arguments().front()));
  TRY_ASSIGN(NewDirectory directory, NewDirectory::make(parsed.text("data-dir")));
  TRY_ASSIGN(const kv::SnapshotHeader header, build(*input, parsed, member, directory.partial()));
  TRY(directory.finish());
  std::printf("%s: member %s of cluster %s, revision %" PRId64 "%s\n", parsed.text("data-dir").c_str(),
              raft::describe(raft::NodeId(member.identity.member)).c_str(),
              raft::describe(raft::NodeId(member.identity.cluster)).c_str(), header.revision,
              header.compacted == header.revision ? ", everything older compacted" : "");
  return {};
}

}  // namespace tools::kvsnap
