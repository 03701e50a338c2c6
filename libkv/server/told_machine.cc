#include "libkv/server/told_machine.h"

#include <utility>
#include <vector>

namespace kv {

raft::Result<void> ToldMachine::apply(std::span<const raft::Entry> entries) {
  machine_.collect(watches_.demand());
  ASSIGN_OR_RETURN(std::vector<Applied> outcomes, machine_.apply(entries));
  AppliedBatch batch(entries, std::move(outcomes), machine_);
  desks_.applied(batch);
  return {};
}

raft::Result<bool> ToldMachine::background_work() {
  auto more = machine_.compact_some();
  if (more && !*more) space_.all_deleted();
  return more;
}

raft::Result<void> ToldMachine::install(std::unique_ptr<raft::SnapshotSink> received) {
  RETURN_IF_ERROR(machine_.install(std::move(received)));
  desks_.installed();
  return {};
}

}  // namespace kv
