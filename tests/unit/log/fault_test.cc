// The disk fails, or the power goes, at every single step: nothing acknowledged is lost, nothing is made up.
#include <gtest/gtest.h>

#include "tests/unit/log/script.h"

namespace raft {
namespace {

using testing::difference;
using testing::FaultEnv;
using testing::LogOnDisk;
using testing::Loss;
using testing::make_script;
using testing::Model;
using testing::Step;

/// Two lives of a log: opens it, runs half of the script, opens it again, runs the rest, until something
/// fails.
struct Outcome {
  int acknowledged = 0;
  bool failed = false;
};

Outcome run_until_failure(LogOnDisk& log, const std::vector<Step>& script) {
  Outcome run;
  for (const Step& step : script) {
    if (run.acknowledged == 0 || run.acknowledged == static_cast<int>(script.size()) / 2) {
      if (!log.open()) return {run.acknowledged, true};
    }
    if (!log.run(step)) return {run.acknowledged, true};
    ++run.acknowledged;
  }
  return run;
}

/// What was acknowledged is there; of the step that failed, all or nothing.
void expect_acknowledged(FaultEnv& disk, const std::vector<Step>& script, int acknowledged,
                         const std::string& context) {
  LogOnDisk log(disk);
  const auto opened = log.open();
  ASSERT_TRUE(opened) << context << ": " << opened.error().text();
  Model model;
  for (int i = 0; i < acknowledged; ++i) model.apply(script[i]);
  const std::string without = difference(log.store(), model);
  if (without.empty()) return;
  ASSERT_LT(acknowledged, static_cast<int>(script.size())) << context << ": " << without;
  model.apply(script[acknowledged]);
  EXPECT_EQ(difference(log.store(), model), "") << context << "; without the failed step: " << without;
}

TEST(LogFaults, AfterAFailureOfAnyStepNothingAcknowledgedIsLost) {
  const auto script = make_script(3, 44, 6'000);
  for (std::uint64_t step = 0;; ++step) {
    FaultEnv disk;
    LogOnDisk log(disk);
    disk.fail_step(step);
    const Outcome run = run_until_failure(log, script);
    if (disk.steps() <= step) break;
    if (run.failed && log.is_open()) {
      EXPECT_FALSE(log.run(LogBatch{.hard_state = HardState{Term(999), NodeId(9)}})) << "step " << step;
    }
    log.close();
    EXPECT_TRUE(log.failed()) << "step " << step;
    expect_acknowledged(disk, script, run.acknowledged, "step " + std::to_string(step));
  }
}

class PowerCut : public ::testing::TestWithParam<Loss> {};

TEST_P(PowerCut, AtAnyStepLosesNothingAcknowledged) {
  const auto script = make_script(5, 40, 6'000);
  Random random(17);
  for (std::uint64_t step = 0;; ++step) {
    FaultEnv disk;
    LogOnDisk log(disk);
    disk.cut_power(step);
    const Outcome run = run_until_failure(log, script);
    log.close();
    if (!disk.power_is_off()) break;
    disk.power_on(GetParam(), random, step % 2 == 0 ? 0 : 20'000);
    expect_acknowledged(disk, script, run.acknowledged, "step " + std::to_string(step));
  }
}

TEST_P(PowerCut, WhileTheLogOpensAgainLosesNothingEither) {
  const auto script = make_script(6, 30, 6'000);
  Random random(23);
  FaultEnv first;
  {
    LogOnDisk log(first);
    first.cut_power(150);
    (void)run_until_failure(log, script);
  }
  first.power_on(Loss::kSuffix, random, 9'000);
  const auto image = first.image();
  Model model;
  {
    LogOnDisk log(first);
    ASSERT_TRUE(log.open());
    model.hard_state = log.store().opened().hard_state;
    model.base = log.store().opened().base;
    if (log.store().opened().last > model.base.index) {
      const auto entries = log.store().read(model.base.index.next(), log.store().opened().last, SIZE_MAX);
      ASSERT_TRUE(entries);
      for (const Entry& entry : *entries) model.entries[entry.index] = entry;
    }
  }
  for (std::uint64_t step = 0;; ++step) {
    FaultEnv disk;
    disk.restore(image);
    {
      LogOnDisk log(disk);
      disk.cut_power(step);
      (void)log.open();
    }
    if (!disk.power_is_off()) break;
    disk.power_on(GetParam(), random);
    LogOnDisk log(disk);
    const auto opened = log.open();
    ASSERT_TRUE(opened) << "step " << step << ": " << opened.error().text();
    EXPECT_EQ(difference(log.store(), model), "") << "step " << step;
  }
}

INSTANTIATE_TEST_SUITE_P(OfEveryKind, PowerCut,
                         ::testing::Values(Loss::kEverything, Loss::kSuffix, Loss::kSectors));

TEST(LogFaults, AFullDiskIsNamed) {
  FaultEnv disk;
  LogOnDisk log(disk);
  ASSERT_TRUE(log.open());
  disk.fail_step(0, "No space left on device");
  const auto appended = log.run(LogBatch{.hard_state = HardState{Term(2), std::nullopt}});
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ErrorCode::kNoSpace);
}

}  // namespace
}  // namespace raft
