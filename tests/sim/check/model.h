// A second, simple implementation of the store: what the real one is compared with.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libkv/machine/command.h"
#include "libkv/machine/outcome.h"
#include "libkv/mvcc/change.h"

namespace sim {

/// Keeps every version for ever, so that reads at any revision can be held against it.
class Model {
 public:
  /// The outcome of the next command; nothing for what is not modelled (members), which changes no key.
  std::optional<kv::Outcome> apply(const kv::Operation& operation, raft::Term term);

  [[nodiscard]] std::int64_t revision() const { return revision_; }
  [[nodiscard]] std::int64_t compacted() const { return compacted_; }
  /// The keys in a range as they were at `revision`. `range_end` as in kv::RangeOp; no limits, no filters.
  [[nodiscard]] kv::RangeResult range(const std::string& key, const std::string& range_end,
                                      std::int64_t revision) const;
  /// Those that hang on the lease now.
  [[nodiscard]] std::vector<std::string> keys_of(std::int64_t lease) const;
  /// What happened to the keys in a range from one revision to another, ascending, with what was before.
  [[nodiscard]] std::vector<kv::Change> changes(const std::string& key, const std::string& range_end,
                                                std::int64_t from, std::int64_t to) const;

 private:
  struct Version {
    std::int64_t revision;  // of the change; of a request under way: the next one
    std::uint32_t sub;      // its place in that request
    kv::KeyValue kv;
    bool deleted = false;
  };

  using Keys = std::map<std::string, std::vector<Version>>;

  [[nodiscard]] std::optional<kv::KeyValue> get(const std::string& key) const;
  [[nodiscard]] bool holds(const kv::Compare& compare) const;
  void write(const std::string& key, kv::KeyValue kv, bool deleted);
  kv::PutResult put(const kv::PutOp& op);
  kv::DeleteRangeResult delete_range(const kv::DeleteRangeOp& op);
  kv::TxnResult txn(const kv::TxnOp& op);
  /// Nothing for what is not about leases.
  std::optional<kv::Outcome> apply_lease(const kv::Operation& operation, raft::Term term);
  kv::Outcome end_lease(std::int64_t lease, bool expired);

  Keys keys_;
  std::map<std::int64_t, std::int64_t> leases_;  // id -> ttl
  std::int64_t revision_ = 1;
  std::int64_t compacted_ = -1;
  std::uint32_t changed_ = 0;  // by the request under way: so many
};

}  // namespace sim
