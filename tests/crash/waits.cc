#include "tests/crash/waits.h"

#include <pthread.h>

#include <cstdio>
#include <cstdlib>

namespace crash {
namespace {

raft::testing::FaultEnv*& waited_for() {
  static raft::testing::FaultEnv* disk = nullptr;
  return disk;
}

}  // namespace

Waits::Waits(raft::testing::FaultEnv& disk) : before_(waited_for()) {
  waited_for() = &disk;
}
Waits::~Waits() {
  waited_for() = before_;
}

}  // namespace crash

/// Takes the place of the C library's: the only thread can only wait for LevelDB's own background work, so
/// that is done here. The caller looks at its condition again, as after any wakeup.
extern "C" int pthread_cond_wait(pthread_cond_t* /*condition*/, pthread_mutex_t* mutex) {
  raft::testing::FaultEnv* const disk = crash::waited_for();
  if (disk == nullptr || !disk->background_is_due()) {
    std::fputs("crash: the only thread waits for something that no one will do\n", stderr);
    std::abort();
  }
  pthread_mutex_unlock(mutex);
  disk->run_background();
  return pthread_mutex_lock(mutex);
}
