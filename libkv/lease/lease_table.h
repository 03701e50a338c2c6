// The leases that were granted and the keys that hang on each. No clock: when a lease ends is the leader's
// business (libkv/server), and that it ended is told by the log.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kv {

/// One lease without its keys.
struct LeaseInfo {
  std::int64_t id = 0;
  std::int64_t ttl = 0;  ///< seconds, as granted
  /// Seconds that were left when the leader last said so; 0: it counts from the beginning.
  std::int64_t remaining = 0;

  bool operator==(const LeaseInfo&) const = default;
};

/// The same on every member that applied the same entries. Thread: none of its own.
class LeaseTable {
 public:
  [[nodiscard]] bool exists(std::int64_t id) const { return leases_.contains(id); }
  [[nodiscard]] std::optional<LeaseInfo> find(std::int64_t id) const;
  /// Sorted by id.
  [[nodiscard]] std::vector<LeaseInfo> list() const;
  /// Ascending; none for a lease that does not exist.
  [[nodiscard]] std::vector<std::string> keys_of(std::int64_t id) const;
  /// Whether `holds(key)` for every one of them, without copies: a lease may have a hundred thousand.
  template <class Predicate>
  [[nodiscard]] bool all_keys(std::int64_t id, const Predicate& holds) const {
    const auto found = leases_.find(id);
    return found == leases_.end() || std::ranges::all_of(found->second.keys, holds);
  }
  [[nodiscard]] std::size_t size() const { return leases_.size(); }

  /// False when there is one of that id already.
  [[nodiscard]] bool add(const LeaseInfo& lease);
  /// False when there is none. What hung on it is not this table's business any more.
  bool remove(std::int64_t id);
  /// The leader's word on what is left; 0: all of it. False when there is no such lease.
  [[nodiscard]] bool set_remaining(std::int64_t id, std::int64_t seconds);

  /// `key` hangs on `id` from now on. Nothing when there is no such lease.
  void attach(std::int64_t id, std::string_view key);
  void detach(std::int64_t id, std::string_view key);

 private:
  struct Lease {
    std::int64_t ttl = 0;
    std::int64_t remaining = 0;
    std::set<std::string, std::less<>> keys;
  };

  std::map<std::int64_t, Lease> leases_;
};

}  // namespace kv
