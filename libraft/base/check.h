// Assertions about our own code. Faults of the world (disk, network, clients) are Results, never checks.
#pragma once

#include <string_view>

namespace raft {

/// Prints the failed condition with its place to stderr and aborts.
[[noreturn]] void check_failed(std::string_view condition, std::string_view file, int line);

}  // namespace raft

/// On in every build: a replica that finds its own invariant broken must not go on.
#define RAFT_CHECK(condition)                               \
  do {                                                      \
    if (!(condition)) [[unlikely]] {                        \
      ::raft::check_failed(#condition, __FILE__, __LINE__); \
    }                                                       \
  } while (false)
