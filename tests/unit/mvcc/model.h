// The contract's store in its simplest form: for each key the list of its changes.
#pragma once

#include <algorithm>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libkv/mvcc/range.h"

namespace kv {

class Model {
 public:
  void put(const std::string& key, const std::string& value, std::int64_t lease) {
    const std::optional<KeyValue> before = at(key, current());
    const std::int64_t main = revision + 1;
    changes[key].push_back({KeyValue{key, value, before ? before->create_revision : main, main,
                                     before ? before->version + 1 : 1, lease},
                            main});
    ++in_request;
  }

  std::int64_t remove(const std::string& key, const std::string& range_end) {
    std::int64_t deleted = 0;
    for (const KeyValue& kv : state(current())) {
      if (!inside(kv.key, key, range_end)) continue;
      changes[kv.key].push_back({std::nullopt, revision + 1});
      ++deleted;
    }
    in_request += deleted;
    return deleted;
  }

  void end_request() {
    if (in_request > 0) ++revision;
    in_request = 0;
  }

  [[nodiscard]] std::int64_t current() const { return revision + (in_request > 0 ? 1 : 0); }

  std::expected<RangeResult, KvError> range(const RangeOp& op) const {
    const std::int64_t wanted = op.revision > 0 ? op.revision : current();
    if (wanted > current()) return std::unexpected(KvError::kFutureRevision);
    if (wanted < compacted) return std::unexpected(KvError::kCompacted);
    std::vector<KeyValue> kvs;
    for (const KeyValue& kv : state(wanted)) {
      if (inside(kv.key, op.key, op.range_end)) kvs.push_back(kv);
    }
    RangeResult result;
    result.count = static_cast<std::int64_t>(kvs.size());
    if (op.count_only) return result;
    const bool bounded = op.min_mod_revision != 0 || op.max_mod_revision != 0 ||
                         op.min_create_revision != 0 || op.max_create_revision != 0;
    if (op.limit > 0 && op.sort_order == SortOrder::kNone && !bounded &&
        kvs.size() > static_cast<std::size_t>(op.limit) + 1) {
      kvs.resize(static_cast<std::size_t>(op.limit) + 1);
    }
    std::erase_if(kvs, [&](const KeyValue& kv) {
      return (op.max_mod_revision != 0 && kv.mod_revision > op.max_mod_revision) ||
             (op.min_mod_revision != 0 && kv.mod_revision < op.min_mod_revision) ||
             (op.max_create_revision != 0 && kv.create_revision > op.max_create_revision) ||
             (op.min_create_revision != 0 && kv.create_revision < op.min_create_revision);
    });
    sort(kvs, op);
    if (op.limit > 0 && kvs.size() > static_cast<std::size_t>(op.limit)) {
      kvs.resize(static_cast<std::size_t>(op.limit));
      result.more = true;
    }
    for (KeyValue& kv : kvs) {
      if (op.keys_only) kv.value.clear();
    }
    result.kvs = std::move(kvs);
    return result;
  }

  /// How many changes physical compaction leaves (contract section 2.6).
  [[nodiscard]] std::size_t kept() const {
    std::size_t count = 0;
    for (const auto& [key, list] : changes) {
      for (std::size_t i = 0; i < list.size(); ++i) {
        const bool newest_below = i + 1 == list.size() || list[i + 1].main > compacted;
        const bool survives = newest_below && (list[i].kv || list[i].main == compacted);
        if (list[i].main > compacted || survives) ++count;
      }
    }
    return count;
  }

  struct Change {
    std::optional<KeyValue> kv;  ///< empty: a tombstone
    std::int64_t main = 0;
  };

  std::map<std::string, std::vector<Change>> changes;
  std::int64_t revision = 1;
  std::int64_t compacted = -1;
  std::int64_t in_request = 0;

 private:
  static bool inside(const std::string& key, const std::string& begin, const std::string& range_end) {
    if (range_end.empty()) return key == begin;
    if (range_end == std::string(1, '\0')) return key >= begin;
    return key >= begin && key < range_end;
  }

  [[nodiscard]] std::vector<KeyValue> state(std::int64_t main) const {
    std::vector<KeyValue> kvs;
    for (const auto& [key, list] : changes) {
      if (const std::optional<KeyValue> kv = at(key, main)) kvs.push_back(*kv);
    }
    return kvs;
  }

  [[nodiscard]] std::optional<KeyValue> at(const std::string& key, std::int64_t main) const {
    const auto found = changes.find(key);
    if (found == changes.end()) return std::nullopt;
    const auto& list = found->second;
    const auto after =
        std::upper_bound(list.begin(), list.end(), main,
                         [](std::int64_t wanted, const Change& change) { return wanted < change.main; });
    return after == list.begin() ? std::nullopt : (after - 1)->kv;
  }

  static void sort(std::vector<KeyValue>& kvs, const RangeOp& op) {
    if (op.sort_order == SortOrder::kNone && op.sort_target == SortTarget::kKey) return;
    const auto less = [&](const KeyValue& a, const KeyValue& b) {
      switch (op.sort_target) {
        case SortTarget::kKey:
          return a.key < b.key;
        case SortTarget::kVersion:
          return a.version < b.version;
        case SortTarget::kCreate:
          return a.create_revision < b.create_revision;
        case SortTarget::kMod:
          return a.mod_revision < b.mod_revision;
        case SortTarget::kValue:
          return a.value < b.value;
      }
      return false;
    };
    if (op.sort_order == SortOrder::kDescend) {
      std::stable_sort(kvs.begin(), kvs.end(), [&](const auto& a, const auto& b) { return less(b, a); });
    } else {
      std::stable_sort(kvs.begin(), kvs.end(), less);
    }
  }
};

}  // namespace kv
