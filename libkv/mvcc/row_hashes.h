// One hash over the rows of all tables beside the records: leases, members, alarms and the like.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "libraft/base/checksum.h"

namespace kv {

/// Depends on which rows there are, not on how they came. Keeps two numbers for each row: keys are known by
/// their hash, as there may be hundreds of thousands. Thread: one.
class RowHashes {
 public:
  void put(std::string_view key, std::string_view value) {
    const std::uint64_t id = raft::checksum(key, 0);
    const std::uint64_t hash = raft::checksum(value, id);
    std::uint64_t& known = rows_[id];
    sum_ += hash - known;
    known = hash;
  }
  void remove(std::string_view key) {
    const auto found = rows_.find(raft::checksum(key, 0));
    if (found == rows_.end()) return;
    sum_ -= found->second;
    rows_.erase(found);
  }
  [[nodiscard]] std::uint64_t sum() const { return sum_; }

 private:
  std::unordered_map<std::uint64_t, std::uint64_t> rows_;
  std::uint64_t sum_ = 0;
};

}  // namespace kv
