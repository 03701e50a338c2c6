// The machine as the replica runs it: everything that it does is told to the desks.
#pragma once

#include <memory>
#include <span>

#include "libkv/machine/machine.h"
#include "libkv/server/desks.h"
#include "libkv/server/space_desk.h"
#include "libkv/server/watch_desk.h"
#include "libraft/node/state_machine.h"

namespace kv {

/// Owns nothing. Thread: the apply thread, as raft::StateMachine has it.
class ToldMachine final : public raft::StateMachine {
 public:
  ToldMachine(Machine& machine, Desks& desks, const WatchDesk& watches, SpaceDesk& space)
      : machine_(machine), desks_(desks), watches_(watches), space_(space) {}

  raft::EntryId applied() const override { return machine_.applied(); }
  raft::Result<void> apply(std::span<const raft::Entry> entries) override;
  raft::Result<bool> background_work() override;
  raft::Configuration configuration() const override { return machine_.configuration(); }
  raft::Result<void> sync() override { return machine_.sync(); }
  raft::Result<std::unique_ptr<raft::SnapshotSource>> open_snapshot() override {
    return machine_.open_snapshot();
  }
  raft::Result<std::unique_ptr<raft::SnapshotSink>> receive_snapshot(raft::Index last) override {
    return machine_.receive_snapshot(last);
  }
  raft::Result<void> install(std::unique_ptr<raft::SnapshotSink> received) override;

 private:
  Machine& machine_;
  Desks& desks_;
  const WatchDesk& watches_;  // says what the next batch should collect
  SpaceDesk& space_;
};

}  // namespace kv
