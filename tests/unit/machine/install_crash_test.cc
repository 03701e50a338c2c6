// What a crash leaves at every step of an install: the state before it, or the one after it.
#include "libraft/base/random.h"
#include "libraft/disk/latch_env.h"
#include "tests/support/fault_env.h"
#include "tests/unit/machine/install_fixture.h"

namespace kv::installing {
namespace {

/// One member on a disk that loses power at the given step; the log is a number.
class Crashing {
 public:
  Crashing(raft::testing::FaultEnv& disk, std::string_view bytes) : disk_(disk), bytes_(bytes) {}

  /// Everything that an install does, as far as the disk lets it.
  void run() {
    raft::LatchEnv env(&disk_);
    auto opened = Machine::open(first_options(env));
    if (!opened) return;
    auto sink = receive(**opened, raft::Index(20), bytes_);
    if (!sink || disk_.power_is_off()) return;
    accepted_ = true;  // the log's own write; its crashes are its own tests'
    if (!(*opened)->install(std::move(*sink))) return;
    static_cast<void>((*opened)->compact_some());
  }

  void check(std::uint64_t step) {
    raft::LatchEnv env(&disk_);
    MachineOptions options = first_options(env);
    if (accepted_) options.log_base = raft::Index(20);
    const auto opened = Machine::open(options);
    ASSERT_TRUE(opened) << "power lost at step " << step << ": " << opened.error().text();
    EXPECT_EQ((*opened)->applied().index, raft::Index(accepted_ ? 20 : 1)) << "step " << step;
    EXPECT_EQ(value_of((*opened)->view(), "a"), accepted_ ? "new" : "") << "step " << step;
    EXPECT_EQ(directories(env), Numbers{accepted_ ? 20U : 1U}) << "step " << step;
  }

  [[nodiscard]] bool accepted() const { return accepted_; }

 private:
  raft::testing::FaultEnv& disk_;
  const std::string_view bytes_;
  bool accepted_ = false;
};

TEST_F(Install, APowerCutAtEveryStepLeavesTheOneStateOrTheOther) {
  raft::Random random(1);
  for (const raft::testing::Loss loss : {raft::testing::Loss::kEverything, raft::testing::Loss::kSuffix}) {
    bool finished = false;
    std::uint64_t accepted = 0;
    for (std::uint64_t step = 0; !finished; ++step) {
      raft::testing::FaultEnv disk(raft::testing::FaultEnv::Background::kThread);
      disk.cut_power(step);
      Crashing member(disk, bytes_);
      member.run();
      finished = !disk.power_is_off();
      disk.power_on(loss, random);
      member.check(step);
      accepted += member.accepted() ? 1 : 0;
      if (HasFailure()) return;
    }
    EXPECT_GT(accepted, 5U) << "steps behind the one that decides";
  }
}

/// What a crash leaves when it cuts short the removal of a first state that was not whole either.
TEST_F(Install, AHalfRemovedFirstStateIsMadeAgain) {
  raft::testing::FaultEnv disk(raft::testing::FaultEnv::Background::kThread);
  raft::LatchEnv env(&disk);
  disk.set_content(state_path("/snap", raft::Index(1)) + "/000003.log", "");
  const auto opened = Machine::open(first_options(env));
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_EQ((*opened)->applied().index, raft::Index(1));
}

/// Behind a log that was cut the same is damage: nobody else here has what is missing.
TEST_F(Install, AStateWithoutItsCurrentIsRefusedWhenTheLogWasCut) {
  raft::testing::FaultEnv disk(raft::testing::FaultEnv::Background::kThread);
  raft::LatchEnv env(&disk);
  disk.set_content(state_path("/snap", raft::Index(1)) + "/000003.log", "");
  MachineOptions options = first_options(env);
  options.log_base = raft::Index(5);
  const auto opened = Machine::open(options);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().text().find("CURRENT is missing"), std::string::npos) << opened.error().text();
}

}  // namespace
}  // namespace kv::installing
