// What is done to a state under test, and a model of what must come of it.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "libkv/machine/machine.h"

namespace crash {

/// Entries applied in one batch.
using Apply = std::vector<raft::Entry>;
struct Sync {};
struct CompactSome {};
/// The state of another member, up to this entry, takes this one's place.
struct Install {
  raft::Index last;
};
using StateStep = std::variant<Apply, Sync, CompactSome, Install>;

/// Keys and values in the simplest way.
using Keys = std::map<std::string, std::string>;

struct StateScript {
  std::vector<StateStep> steps;
  std::vector<raft::Entry> entries;  ///< all of them, from entry 2 on: also those that an install brings
  std::map<raft::Index, Keys> keys;  ///< after each entry
};

/// Puts, deletes, transactions, compactions, leases and members; syncs and two installs between them.
StateScript make_state_script(std::uint64_t seed, int steps, std::size_t value_bytes_max);

}  // namespace crash
