// A command that is run for each event of a watch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libkv/api/proto/kv.pb.h"
#include "tools/common/outcome.h"
#include "tools/kvctl/child.h"

namespace tools::kvctl {

/// What the command finds in its environment: etcdctl's ETCD_WATCH_REVISION, _EVENT_TYPE, _KEY and _VALUE,
/// the last three in Go's quotes; KV_TYPE, KV_KEY, KV_VALUE, KV_PREV_VALUE, KV_REV as they are. `revision` is
/// the response's.
Variables variables_of(const mvccpb::Event& event, std::int64_t revision);

/// Runs `words` to the end, with the event as a line of JSON (event_line) on standard input: exact, whatever
/// the bytes. The command's exit code.
Outcome<int> run_for_event(const std::vector<std::string>& words, const mvccpb::Event& event,
                           std::int64_t revision);

}  // namespace tools::kvctl
