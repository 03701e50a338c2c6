#include "libkv/lease/lease_table.h"

namespace kv {

std::optional<LeaseInfo> LeaseTable::find(std::int64_t id) const {
  const auto found = leases_.find(id);
  if (found == leases_.end()) return std::nullopt;
  return LeaseInfo{.id = id, .ttl = found->second.ttl, .remaining = found->second.remaining};
}

std::vector<LeaseInfo> LeaseTable::list() const {
  std::vector<LeaseInfo> all;
  all.reserve(leases_.size());
  for (const auto& [id, lease] : leases_) {
    all.push_back({.id = id, .ttl = lease.ttl, .remaining = lease.remaining});
  }
  return all;
}

std::vector<std::string> LeaseTable::keys_of(std::int64_t id) const {
  const auto found = leases_.find(id);
  if (found == leases_.end()) return {};
  return {found->second.keys.begin(), found->second.keys.end()};
}

bool LeaseTable::add(const LeaseInfo& lease) {
  return leases_.try_emplace(lease.id, Lease{.ttl = lease.ttl, .remaining = lease.remaining, .keys = {}})
      .second;
}

bool LeaseTable::remove(std::int64_t id) {
  return leases_.erase(id) != 0;
}

bool LeaseTable::set_remaining(std::int64_t id, std::int64_t seconds) {
  const auto found = leases_.find(id);
  if (found == leases_.end()) return false;
  found->second.remaining = seconds;
  return true;
}

void LeaseTable::attach(std::int64_t id, std::string_view key) {
  if (const auto found = leases_.find(id); found != leases_.end()) found->second.keys.emplace(key);
}

void LeaseTable::detach(std::int64_t id, std::string_view key) {
  const auto lease = leases_.find(id);
  if (lease == leases_.end()) return;
  if (const auto found = lease->second.keys.find(key); found != lease->second.keys.end()) {
    lease->second.keys.erase(found);
  }
}

}  // namespace kv
