// The process's log: one line an event on stderr, by spdlog.
#pragma once

#include "libraft/base/log_sink.h"

namespace tools::kvd {

struct LogOptions {
  raft::LogLevel level = raft::LogLevel::kInfo;
  bool json = false;
  /// Under systemd's journal: priorities as "<6>", and no time, which the journal keeps itself.
  bool journal = false;
};

/// Thread: the sink may be called from any.
raft::LogSink make_log(const LogOptions& options);

}  // namespace tools::kvd
