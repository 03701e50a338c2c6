#include "tests/crash/sweep.h"

#include <array>
#include <set>

#include "libraft/base/random.h"
#include "tests/crash/waits.h"

namespace crash {
namespace {

using raft::Random;
using raft::testing::Loss;

/// One way to lose what was not synced.
struct Way {
  const char* name;
  bool power;  ///< false: only the process ended; what it wrote is in the page cache and may still be lost
  Loss loss;
  std::size_t zeros;  ///< preallocated behind what is left of a log
};

constexpr std::array kWays = {
    Way{"process killed", false, Loss::kNothing, 0},
    Way{"nothing lost", true, Loss::kNothing, 0},
    Way{"nothing lost, zeros behind", true, Loss::kNothing, 5'000},
    Way{"everything lost", true, Loss::kEverything, 0},
    Way{"everything lost, zeros behind", true, Loss::kEverything, 5'000},
    Way{"torn at a byte", true, Loss::kSuffix, 0},
    Way{"torn at a byte, zeros behind", true, Loss::kSuffix, 5'000},
    Way{"torn at a sector", true, Loss::kSectorEnd, 0},
    Way{"torn at a sector, zeros behind", true, Loss::kSectorEnd, 5'000},
    Way{"sectors in any order", true, Loss::kSectors, 0},
    Way{"sectors in any order, zeros behind", true, Loss::kSectors, 5'000},
};
/// After an error: enough to see whether what failed was taken for durable.
constexpr std::array kWaysAfterFailure = {kWays[0], kWays[3], kWays[6]};
constexpr std::uint64_t kWorkOnEvery = 7;
/// Of a recovery that is swept itself, so many moments.
constexpr std::uint64_t kNestedMoments = 5;

void lose(FaultEnv& disk, const Way& way, Random& random) {
  if (way.power) disk.power_on(way.loss, random, way.zeros);
}

class Sweep {
 public:
  Sweep(Subject& subject, std::uint64_t seed) : subject_(subject), random_(seed) {}

  void crashes(std::uint64_t nested_every) {
    FaultEnv disk;
    const Waits waits(disk);
    disk.record();
    Promises promises(disk);
    counts_.fault = subject_.run(disk, promises);
    counts_.tables = tables(disk);
    for (std::uint64_t step = 0; ok() && step < disk.moments().size(); ++step) {
      ++counts_.moments;
      for (const Way& way : kWays) {
        const std::string place = "crash before call " + std::to_string(step) + ", " + way.name;
        const bool nested = counts_.states % nested_every == 0;
        crash(disk.moments()[step], way, {place, promises.before(step)}, nested);
        if (!ok()) return;
      }
    }
  }

  void failures(std::uint64_t stride) {
    const auto [steps, reads] = measure();
    for (std::uint64_t step = 0; ok() && step < steps; step += stride) {
      for (const char* error : {"Input/output error", "No space left on device"}) {
        if (ok())
          failure("call " + std::to_string(step) + ": " + error,
                  [&](FaultEnv& disk) { disk.fail_step(step, error); });
      }
    }
    for (std::uint64_t read = 0; ok() && read < reads; read += stride) {
      failure("read " + std::to_string(read), [&](FaultEnv& disk) { disk.fail_read(read); });
    }
  }

  Counts take() { return std::move(counts_); }

 private:
  struct Case {
    std::string place;
    Progress progress;
  };

  [[nodiscard]] bool ok() const { return counts_.fault.empty(); }

  static std::uint64_t tables(const FaultEnv& disk) {
    std::set<std::string> seen;
    for (const FaultEnv::Moment& moment : disk.moments()) {
      for (const auto& [path, length] : moment.files) {
        if (path.ends_with(".ldb")) seen.insert(path);
      }
    }
    return seen.size();
  }

  /// How many calls the workload makes when nothing fails.
  std::pair<std::uint64_t, std::uint64_t> measure() {
    FaultEnv disk;
    const Waits waits(disk);
    Promises promises(disk);
    counts_.fault = subject_.run(disk, promises);
    return {disk.steps(), disk.reads()};
  }

  Found recover(FaultEnv& disk, const Case& at) {
    const Waits waits(disk);
    const auto depth = counts_.states++ % kWorkOnEvery == 0 ? Subject::Depth::kWorkOn : Subject::Depth::kOpen;
    Found found = subject_.recover(disk, at.progress, depth);
    if (!found.fault.empty()) counts_.fault = at.place + ": " + found.fault;
    return found;
  }

  void crash(const FaultEnv::Moment& moment, const Way& way, const Case& at, bool nested) {
    FaultEnv disk;
    disk.become(moment);
    lose(disk, way, random_);
    if (!nested) {
      recover(disk, at);
      return;
    }
    Progress progress = at.progress;
    {
      const Waits waits(disk);
      const auto before = disk.moment();
      disk.record();
      ++counts_.states;
      const Found found = subject_.recover(disk, progress, Subject::Depth::kOpen);
      counts_.fault = found.fault.empty() ? "" : at.place + ": " + found.fault;
      // What is on the platter after a power cut stays what it is, however often one begins to read it.
      if (way.power) progress.durable = progress.asked = found.state;
      if (ok()) again(disk.moment(), {at.place + ", then after the recovery", settled(progress, found)});
    }
    const std::uint64_t count = disk.moments().size();
    for (std::uint64_t i = 0; ok() && i < kNestedMoments && count > 0; ++i) {
      const std::uint64_t step = random_.below(count);
      again(disk.moments()[step],
            {at.place + ", then in recovery before call " + std::to_string(step), progress});
    }
  }

  /// Whoever has opened the log has it: other members may know of it from then on.
  static Progress settled(Progress progress, const Found& found) {
    progress.durable = progress.asked = found.state;
    return progress;
  }

  void again(const FaultEnv::Moment& moment, const Case& at) {
    const Way& way = kWays[random_.below(kWays.size())];
    FaultEnv disk;
    disk.become(moment);
    lose(disk, way, random_);
    ++counts_.nested;
    recover(disk, {at.place + ", " + way.name, at.progress});
  }

  template <class Inject>
  void failure(const std::string& place, Inject inject) {
    FaultEnv disk;
    Promises promises(disk);
    {
      const Waits waits(disk);
      inject(disk);
      if (const std::string fault = subject_.run(disk, promises); !fault.empty()) {
        counts_.fault = place + ": " + fault;
        return;
      }
    }
    ++counts_.failures;
    const auto left = disk.moment();
    for (const Way& way : kWaysAfterFailure) {
      FaultEnv next;
      next.become(left);
      lose(next, way, random_);
      if (ok()) recover(next, {place + ", " + way.name, promises.last()});
    }
  }

  Subject& subject_;
  Random random_;
  Counts counts_;
};

}  // namespace

Progress Promises::before(std::uint64_t step) const {
  Progress progress;
  for (const auto& [at, made] : made_) {
    if (at > step) break;
    progress = made;
  }
  return progress;
}

Counts sweep_crashes(Subject& subject, std::uint64_t seed, std::uint64_t nested_every) {
  Sweep sweep(subject, seed);
  sweep.crashes(nested_every);
  return sweep.take();
}

Counts sweep_failures(Subject& subject, std::uint64_t seed, std::uint64_t stride) {
  Sweep sweep(subject, seed);
  sweep.failures(stride);
  return sweep.take();
}

}  // namespace crash
