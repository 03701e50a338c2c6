// SIGTERM and SIGINT, waited for by the main thread; every other thread is started with them blocked.
#pragma once

#include <chrono>
#include <optional>

namespace tools::kvd {

/// Blocks the signals that end the process, SIGPIPE too. Before any thread is started.
void block_signals();

/// The signal that came within `limit`, if one did.
std::optional<int> wait_for_signal(std::chrono::milliseconds limit);

/// From now on the next of these signals ends the process at once: who asks twice does not want to wait.
void end_at_next_signal();

/// Ends the process the way `signal` would have, so that the caller's shell sees 143 or 130; as PID 1, by
/// exit 0 (contract section 10.2).
[[noreturn]] void end_by_signal(int signal);

}  // namespace tools::kvd
