// Shorthands for the two ways a read ends without an answer.
#pragma once

#include <expected>
#include <utility>

#include "libkv/mvcc/read_view.h"

namespace kv {

inline std::unexpected<ReadFault> refuse(KvError error) {
  return std::unexpected(ReadFault{.refused = error, .broken = std::nullopt});
}
inline std::unexpected<ReadFault> broken(raft::Error error) {
  return std::unexpected(ReadFault{.refused = std::nullopt, .broken = std::move(error)});
}

}  // namespace kv
