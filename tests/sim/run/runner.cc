#include "tests/sim/run/runner.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "tests/sim/run/options.h"
#include "tests/sim/run/seed.h"

namespace sim {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kJobsMax = 64;
constexpr std::uint64_t kNone = ~std::uint64_t{0};

/// Memory that the worker processes share.
struct Shared {
  std::atomic<std::uint64_t> next = 0;
  std::atomic<std::uint64_t> failed_seed = kNone;
  std::atomic<std::uint64_t> running[kJobsMax];
  Coverage coverage[kJobsMax];
};

/// For the handler of a check that failed.
const Trace* traced = nullptr;

void print_trace(int /*signal*/) {
  if (traced != nullptr) traced->print_last(stderr);
  std::_Exit(3);
}

void record_failure(Shared& shared, std::uint64_t seed) {
  std::uint64_t known = shared.failed_seed;
  while (seed < known && !shared.failed_seed.compare_exchange_weak(known, seed)) {
  }
}

bool passes(std::uint64_t seed, const RunOptions& options, Coverage& coverage) {
  const SimOptions drawn = options_of_seed(seed);
  Trace trace(Trace::Words::kNone);
  Coverage one;
  const SeedResult result = run_seed(drawn, trace, one);
  coverage.add(one);
  if (result.failed) {
    if (!options.quiet)
      std::fprintf(stderr, "seed %llu: %s\n", static_cast<unsigned long long>(seed), result.failure.c_str());
    return false;
  }
  if (options.twice_every == 0 || seed % options.twice_every != 0) return true;
  Trace again(Trace::Words::kNone);
  Coverage unused;
  run_seed(drawn, again, unused);
  if (again.hash() == trace.hash()) return true;
  std::fprintf(stderr, "seed %llu: two runs of it differ\n", static_cast<unsigned long long>(seed));
  return false;
}

[[noreturn]] void work(Shared& shared, unsigned job, const RunOptions& options, Clock::time_point until) {
  if (options.quiet) {
    if (std::freopen("/dev/null", "w", stderr) == nullptr) std::_Exit(2);
  }
  while (shared.failed_seed == kNone || options.keep_going) {
    const std::uint64_t number = shared.next++;
    const bool over = options.minutes > 0 ? Clock::now() >= until : number >= options.seeds;
    if (over) break;
    const std::uint64_t seed = options.first_seed + number;
    shared.running[job] = seed;
    if (!passes(seed, options, shared.coverage[job])) record_failure(shared, seed);
    shared.running[job] = kNone;
  }
  std::_Exit(0);
}

Shared* share() {
  void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    std::perror("sim: mmap");
    std::exit(70);
  }
  return std::construct_at(static_cast<Shared*>(memory));
}

}  // namespace

RunResult run_seeds(const RunOptions& options) {
  const auto began = Clock::now();
  const auto until = began + std::chrono::milliseconds(static_cast<std::int64_t>(options.minutes * 60000));
  Shared* shared = share();
  const unsigned jobs = std::clamp(options.jobs, 1U, kJobsMax);
  std::vector<pid_t> workers;
  for (unsigned job = 0; job < jobs; ++job) {
    shared->running[job] = kNone;
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) work(*shared, job, options, until);
    workers.push_back(child);
  }
  for (unsigned job = 0; job < jobs; ++job) {
    int status = 0;
    ::waitpid(workers[job], &status, 0);
    // A worker that ended in the middle of a seed ran into a check of the code under test.
    if (shared->running[job] != kNone) record_failure(*shared, shared->running[job]);
  }
  RunResult result;
  for (unsigned job = 0; job < jobs; ++job) result.coverage.add(shared->coverage[job]);
  if (shared->failed_seed != kNone) result.failed_seed = shared->failed_seed;
  result.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  ::munmap(shared, sizeof(Shared));
  return result;
}

bool run_one(std::uint64_t seed, bool trace) {
  const SimOptions options = options_of_seed(seed);
  std::printf("%s", describe(options).c_str());
  std::fflush(stdout);
  Trace words(trace ? Trace::Words::kPrint : Trace::Words::kLast);
  traced = trace ? nullptr : &words;
  std::signal(SIGABRT, print_trace);
  Coverage coverage;
  const SeedResult result = run_seed(options, words, coverage);
  traced = nullptr;
  if (result.failed) {
    if (!trace) words.print_last(stdout);
    std::printf("FAILED: %s\n", result.failure.c_str());
    return false;
  }
  std::printf("passed: trace %016llx, %llu events, %llu operations, %llu entries\n",
              static_cast<unsigned long long>(result.trace_hash),
              static_cast<unsigned long long>(coverage.events),
              static_cast<unsigned long long>(coverage.operations),
              static_cast<unsigned long long>(coverage.entries));
  return true;
}

}  // namespace sim
