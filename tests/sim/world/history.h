// What the clients did and were told, and whether any order of it makes sense.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "libkv/machine/command.h"
#include "libkv/machine/outcome.h"
#include "tests/sim/check/kv_checks.h"
#include "tests/sim/check/linearizability.h"
#include "tests/sim/run/coverage.h"

namespace sim {

/// One operation of one client; its number is unique in a world and the command's sequence in the log.
struct ClientOperation {
  enum class State : std::uint8_t { kPending, kDone, kUnknown };

  std::uint64_t number = 0;
  raft::NodeId node;
  Micros invoked = 0;
  std::int64_t floor = 0;       ///< the newest revision that anyone had been told of when it began
  std::uint64_t elections = 0;  ///< before it began
  bool is_read = false;
  State state = State::kPending;
  std::vector<std::pair<std::string, KeyOperation>> effects;
};

/// Thread: one.
class History {
 public:
  History(Verdict& verdict, Coverage& coverage) : verdict_(verdict), coverage_(coverage) {}

  /// Begins an operation. `operation` is null for a read of `keys`.
  ClientOperation& begin(raft::NodeId node, Micros now, const kv::Operation* operation,
                         const std::vector<std::string>& keys);
  /// Its answer came. The number may be of one that was given up: then nothing happens, and it is false.
  bool answered(std::uint64_t number, Micros now, const kv::Outcome& outcome);
  bool read_answered(std::uint64_t number, Micros now, std::int64_t revision, const kv::RangeResult& result);
  void give_up(std::uint64_t number);

  [[nodiscard]] const ClientOperation* find(std::uint64_t number) const;
  [[nodiscard]] std::size_t size() const { return operations_.size(); }
  /// The fast check was made all along; this is the slow, independent one, key by key.
  void check(const KvChecks& log);

 private:
  ClientOperation* pending(std::uint64_t number);
  void finish(ClientOperation& operation, Micros now, std::int64_t revision);
  void settle(ClientOperation& operation, const KvChecks& log);

  Verdict& verdict_;
  Coverage& coverage_;
  std::map<std::uint64_t, ClientOperation> operations_;
  std::uint64_t next_ = 1;
  std::int64_t floor_ = 1;
};

/// Values that clients write begin with the number of their operation; 0 when it is none.
std::uint64_t value_number(const std::string& value);

}  // namespace sim
