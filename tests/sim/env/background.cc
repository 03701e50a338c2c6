#include "tests/sim/env/background.h"

#include <pthread.h>

#include <cstdio>
#include <cstdlib>
#include <deque>

namespace sim {
namespace {

struct Work {
  void (*function)(void*);
  void* argument;
};

/// One for the process: there is one thread.
std::deque<Work>& scheduled() {
  static std::deque<Work> work;
  return work;
}

}  // namespace

void schedule_background(void (*function)(void*), void* argument) {
  scheduled().push_back({function, argument});
}

void run_background() {
  while (!scheduled().empty()) {
    const Work work = scheduled().front();
    scheduled().pop_front();
    work.function(work.argument);
  }
}

}  // namespace sim

/// Takes the place of the C library's: a wait of the only thread can only be LevelDB waiting for its own
/// background work (a full memtable, a database that is closed), so that work is done here. The caller looks
/// at its condition again, as after any wakeup.
extern "C" int pthread_cond_wait(pthread_cond_t* /*condition*/, pthread_mutex_t* mutex) {
  if (sim::scheduled().empty()) {
    std::fputs("sim: the only thread waits for something that no one will do\n", stderr);
    std::abort();
  }
  pthread_mutex_unlock(mutex);
  sim::run_background();
  return pthread_mutex_lock(mutex);
}
