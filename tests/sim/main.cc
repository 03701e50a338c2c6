// sim: whole clusters in virtual time. README.md in this folder.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "tests/sim/run/mutants.h"
#include "tests/sim/run/runner.h"

namespace {

constexpr int kExitUsage = 64;

constexpr std::string_view kUsage =
    "usage: sim [--seeds N | --minutes M] [--from SEED] [--jobs N] [--keep-going]\n"
    "       sim --seed SEED [--trace]\n"
    "       sim --mutants [--seeds N] [--jobs N]\n"
    "\n"
    "Runs whole clusters in virtual time, one a seed, with faults, and checks them.\n"
    "\n"
    "  --seeds N      this many seeds (default 200); fails as well where a rare event never happened in "
    "1000\n"
    "  --minutes M    as many seeds as fit in M minutes\n"
    "  --from SEED    the first seed (default 1)\n"
    "  --jobs N       worker processes (default: the number of cores)\n"
    "  --keep-going   past the first failure\n"
    "  --seed SEED    one seed, with its options and its last events when it fails\n"
    "  --trace        every event of that seed\n"
    "  --mutants      deliberate bugs, one at a time, for N seeds each (default 2000) or until caught: a "
    "table;\n"
    "                 needs a build with -DKVD_MUTANTS=ON\n";

struct Arguments {
  sim::RunOptions run;
  std::optional<std::uint64_t> seed;
  bool trace = false;
  bool mutants = false;
};

[[noreturn]] void usage_error(std::string_view what) {
  std::fprintf(stderr, "sim: %.*s\n%.*s", static_cast<int>(what.size()), what.data(),
               static_cast<int>(kUsage.size()), kUsage.data());
  std::exit(kExitUsage);
}

double number(std::string_view option, const char* text) {
  char* end = nullptr;
  const double value = text == nullptr ? 0 : std::strtod(text, &end);
  if (text == nullptr || end == text || *end != '\0' || value < 0)
    usage_error(std::string(option) + " takes a number");
  return value;
}

Arguments parse(char** argv) {
  Arguments arguments;
  arguments.run.seeds = 200;
  arguments.run.jobs = std::max(1U, std::thread::hardware_concurrency());
  for (char** at = argv + 1; *at != nullptr; ++at) {
    const std::string_view option = *at;
    if (option == "--help") {
      std::printf("%.*s", static_cast<int>(kUsage.size()), kUsage.data());
      std::exit(0);
    }
    if (option == "--mutants") {
      arguments.mutants = true;
      arguments.run.seeds = 2000;
      continue;
    }
    if (option == "--trace" || option == "--keep-going") {
      (option == "--trace" ? arguments.trace : arguments.run.keep_going) = true;
      continue;
    }
    const double value = number(option, at[1]);
    const auto whole = static_cast<std::uint64_t>(value);
    if (option == "--seeds") {
      arguments.run.seeds = whole;
    } else if (option == "--seed") {
      arguments.seed = whole;
    } else if (option == "--minutes") {
      arguments.run.minutes = value;
    } else if (option == "--from") {
      arguments.run.first_seed = whole;
    } else if (option == "--jobs") {
      arguments.run.jobs = static_cast<unsigned>(whole);
    } else {
      usage_error("unknown option " + std::string(option));
    }
    ++at;
  }
  return arguments;
}

void print_totals(const sim::RunResult& result) {
  const sim::Coverage& all = result.coverage;
  const double hours = static_cast<double>(all.virtual_micros) / 3.6e9;
  std::printf(
      "%llu seeds in %.1f s: %llu events, %llu operations, %llu entries, %.1f cluster-hours (%.1f a "
      "minute)\n",
      static_cast<unsigned long long>(all.seeds), result.seconds, static_cast<unsigned long long>(all.events),
      static_cast<unsigned long long>(all.operations), static_cast<unsigned long long>(all.entries), hours,
      hours * 60 / result.seconds);
  for (std::size_t i = 0; i < sim::kSometimes; ++i) {
    const auto what = static_cast<sim::Sometimes>(i);
    const std::string_view words = sim::name(what);
    std::printf("  %12llu  %.*s\n", static_cast<unsigned long long>(all.of(what)),
                static_cast<int>(words.size()), words.data());
  }
}

/// A run this long in which something rare never happened proves too little.
bool covers(const sim::RunResult& result) {
  constexpr std::uint64_t kSeedsEnough = 1000;
  if (result.coverage.seeds < kSeedsEnough) return true;
  bool all = true;
  for (std::size_t i = 0; i < sim::kSometimes; ++i) {
    const auto what = static_cast<sim::Sometimes>(i);
    if (result.coverage.of(what) > 0) continue;
    all = false;
    std::printf("FAILED: never happened: %s\n", std::string(sim::name(what)).c_str());
  }
  return all;
}

}  // namespace

int main(int /*argc*/, char** argv) {
  const Arguments arguments = parse(argv);
  if (arguments.seed) return sim::run_one(*arguments.seed, arguments.trace) ? 0 : 1;
  if (arguments.mutants) return sim::run_mutants(arguments.run.seeds, arguments.run.jobs) ? 0 : 1;
  const sim::RunResult result = sim::run_seeds(arguments.run);
  print_totals(result);
  if (result.failed_seed) {
    std::printf("FAILED: seed %llu; to see it again: sim --seed %llu\n",
                static_cast<unsigned long long>(*result.failed_seed),
                static_cast<unsigned long long>(*result.failed_seed));
    std::fflush(stdout);
    sim::run_one(*result.failed_seed, false);
    return 1;
  }
  return covers(result) ? 0 : 1;
}
