// The log and the machine with a stopwatch around what waits for the disk, for /metrics.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "libkv/machine/machine.h"
#include "libraft/log/log_store.h"

namespace tools::kvd {

/// Told how long one step took, on the thread that took it.
using Stopwatch = std::function<void(std::chrono::nanoseconds)>;

/// Forwards everything and times each append: one durable write.
std::unique_ptr<raft::LogStore> timed(std::unique_ptr<raft::LogStore> log, Stopwatch appended);
/// Forwards everything and times each apply: one batch.
std::unique_ptr<kv::Machine> timed(std::unique_ptr<kv::Machine> machine, Stopwatch applied);

}  // namespace tools::kvd
