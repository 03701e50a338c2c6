#include "tools/kvd/timed.h"

#include <utility>

namespace tools::kvd {
namespace {

/// Tells `stopwatch` how long it lived.
class Lap {
 public:
  explicit Lap(const Stopwatch& stopwatch) : stopwatch_(stopwatch) {}
  ~Lap() { stopwatch_(std::chrono::steady_clock::now() - begin_); }
  Lap(const Lap&) = delete;
  Lap& operator=(const Lap&) = delete;

 private:
  const Stopwatch& stopwatch_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

class TimedLog final : public raft::LogStore {
 public:
  TimedLog(std::unique_ptr<raft::LogStore> log, Stopwatch appended)
      : log_(std::move(log)), appended_(std::move(appended)) {}

  const raft::LogState& opened() const override { return log_->opened(); }
  raft::Result<void> append(const raft::LogBatch& batch) override {
    const Lap lap(appended_);
    return log_->append(batch);
  }
  raft::Result<std::vector<raft::Entry>> read(raft::Index first, raft::Index last,
                                              std::size_t bytes_max) const override {
    return log_->read(first, last, bytes_max);
  }
  raft::Result<void> truncate_prefix(raft::EntryId base) override { return log_->truncate_prefix(base); }

 private:
  const std::unique_ptr<raft::LogStore> log_;
  const Stopwatch appended_;
};

class TimedMachine final : public kv::Machine {
 public:
  TimedMachine(std::unique_ptr<kv::Machine> machine, Stopwatch applied)
      : machine_(std::move(machine)), applied_(std::move(applied)) {}

  raft::EntryId applied() const override { return machine_->applied(); }
  raft::Result<std::vector<kv::Applied>> apply(std::span<const raft::Entry> entries) override {
    const Lap lap(applied_);
    return machine_->apply(entries);
  }
  const std::vector<kv::StatePoint>& points() const override { return machine_->points(); }
  kv::StatePoint state_point() const override { return machine_->state_point(); }
  void collect(kv::Collect how) override { machine_->collect(how); }
  kv::CollectedChanges take_changes() override { return machine_->take_changes(); }
  raft::Result<bool> compact_some() override { return machine_->compact_some(); }
  raft::Result<void> sync() override { return machine_->sync(); }
  raft::Result<std::unique_ptr<raft::SnapshotSource>> open_snapshot() const override {
    return machine_->open_snapshot();
  }
  raft::Result<std::unique_ptr<raft::SnapshotSink>> receive_snapshot(raft::Index last) override {
    return machine_->receive_snapshot(last);
  }
  raft::Result<void> install(std::unique_ptr<raft::SnapshotSink> sink) override {
    return machine_->install(std::move(sink));
  }
  kv::ReadView view() const override { return machine_->view(); }
  std::vector<kv::MemberInfo> members() const override { return machine_->members(); }
  std::vector<kv::Alarm> alarms() const override { return machine_->alarms(); }
  raft::MembershipTarget membership_target() const override { return machine_->membership_target(); }
  bool was_removed(raft::NodeId id) const override { return machine_->was_removed(id); }
  const kv::Leases& leases() const override { return machine_->leases(); }
  const kv::SessionTable& sessions() const override { return machine_->sessions(); }
  std::shared_ptr<const kv::AuthTable> auth() const override { return machine_->auth(); }
  bool auth_enabled() const override { return machine_->auth_enabled(); }
  raft::Configuration configuration() const override { return machine_->configuration(); }
  std::uint32_t command_version() const override { return machine_->command_version(); }
  std::uint64_t bytes_on_disk() const override { return machine_->bytes_on_disk(); }
  bool compacting() const override { return machine_->compacting(); }
  std::uint64_t bytes_written() const override { return machine_->bytes_written(); }
  std::uint64_t measure() const override { return machine_->measure(); }
  raft::Result<void> reclaim(const std::function<bool()>& go_on) override { return machine_->reclaim(go_on); }
  std::uint64_t bytes_in_use() const override { return machine_->bytes_in_use(); }

 private:
  const std::unique_ptr<kv::Machine> machine_;
  const Stopwatch applied_;
};

}  // namespace

std::unique_ptr<raft::LogStore> timed(std::unique_ptr<raft::LogStore> log, Stopwatch appended) {
  return std::make_unique<TimedLog>(std::move(log), std::move(appended));
}

std::unique_ptr<kv::Machine> timed(std::unique_ptr<kv::Machine> machine, Stopwatch applied) {
  return std::make_unique<TimedMachine>(std::move(machine), std::move(applied));
}

}  // namespace tools::kvd
