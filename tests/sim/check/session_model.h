// A second, simple implementation of sessions: what became of every numbered write.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "libkv/machine/outcome.h"
#include "libkv/session/session.h"
#include "libkv/session/session_limits.h"

namespace sim {

class SessionModel {
 public:
  explicit SessionModel(const kv::SessionLimits& limits) : limits_(limits) {}

  /// What a write that was seen before, or may have been, is told; nothing: it is carried out now.
  /// `revision`: of the store.
  std::optional<kv::Outcome> recall(const kv::SessionTag& tag, std::uint64_t index, std::int64_t revision);
  void keep(const kv::SessionTag& tag, std::uint64_t index, const kv::Outcome& outcome);

 private:
  struct Past {
    std::uint64_t used = 0;
    std::uint64_t floor = 0;
    std::map<std::uint64_t, kv::Outcome> outcomes;
  };

  const kv::SessionLimits limits_;
  std::map<kv::SessionId, Past> sessions_;
  std::uint64_t horizon_ = 0;
};

}  // namespace sim
