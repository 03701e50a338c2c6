// kvwal verify: every record, the chain of hashes, both ends.
#include <cstdio>

#include "libraft/core/describe.h"
#include "tools/kvwal/verbs.h"

namespace tools::kvwal {

Outcome<void> verify(const Parsed& parsed) {
  const std::string directory = wal_directory(parsed.arguments().front());
  TRY_ASSIGN(const raft::Inspected inspected, inspect(directory));
  const raft::Recovered& log = inspected.log;
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("%s: whole\n", directory.c_str());
  std::printf("entries   %llu (%llu to %llu)\n", number(log.entries),
              number(log.state.base.index.value() + 1), number(log.state.last.value()));
  std::printf("payload   %llu bytes\n", number(log.state.payload_bytes));
  std::printf("term      %llu\n", number(log.state.hard_state.term.value()));
  const auto& voted_for = log.state.hard_state.voted_for;
  std::printf("voted for %s\n", voted_for ? raft::describe(*voted_for).c_str() : "nobody");
  if (inspected.torn_bytes > 0) {
    std::printf(
        "torn tail %llu bytes of a write that was cut off and never acknowledged; the next start cuts it\n",
        number(inspected.torn_bytes));
  }
  return {};
}

}  // namespace tools::kvwal
