// LevelDB's background work, on the one thread that a simulation has.
#pragma once

namespace sim {

/// What Env::Schedule was given, for later.
void schedule_background(void (*function)(void*), void* argument);

/// Runs what is scheduled, and what that schedules, until nothing is left. To be called after every call to a
/// database. Where LevelDB waits for this work inside a call, it is run there too (background.cc).
void run_background();

}  // namespace sim
