#include "libkv/mvcc/history.h"

#include <algorithm>

#include "libraft/base/check.h"

namespace kv {
namespace {

// Most keys have few versions, some have thousands: chunks grow with the chain.
constexpr std::uint32_t kFirstChunk = 4;
constexpr std::uint32_t kLargestChunk = 256;

OldVersion newest_of(const Entry& entry) {
  return {.main = entry.main, .sub = entry.sub, .size = entry.size, .deleted = entry.deleted};
}

void append(Entry& entry, const OldVersion& version, EditNumber edit) {
  if (entry.history == nullptr || entry.history_count == entry.history->capacity) {
    const std::uint32_t capacity =
        entry.history == nullptr ? kFirstChunk : std::min(entry.history->capacity * 2, kLargestChunk);
    entry.history = NodePool::make_chunk(edit, entry.history, capacity);
    entry.history_count = 0;
  }
  entry.history->versions[entry.history_count++] = version;
}

/// Calls `visit` with each chunk and its length, newest chunk first, until it returns true.
template <class Visit>
void for_each_chunk(const Entry& entry, Visit visit) {
  std::uint32_t count = entry.history_count;
  for (HistoryChunk* chunk = entry.history; chunk != nullptr; chunk = chunk->older) {
    if (visit(*chunk, count)) return;
    count = chunk->older == nullptr ? 0 : chunk->older->capacity;  // only the newest chunk can have room
  }
}

}  // namespace

void push_history(Entry& entry, EditNumber edit) {
  append(entry, newest_of(entry), edit);
}

std::optional<OldVersion> version_at(const Entry& entry, std::int64_t main) {
  if (entry.main <= main) return newest_of(entry);
  std::optional<OldVersion> found;
  for_each_chunk(entry, [&](const HistoryChunk& chunk, std::uint32_t count) {
    const OldVersion* const first = chunk.versions.get();
    if (first->main > main) return false;
    const auto* const after = std::upper_bound(
        first, first + count, main, [](std::int64_t wanted, const OldVersion& v) { return wanted < v.main; });
    found = *(after - 1);
    return true;
  });
  return found;
}

std::vector<OldVersion> all_versions(const Entry& entry) {
  std::vector<OldVersion> versions{newest_of(entry)};
  for_each_chunk(entry, [&](const HistoryChunk& chunk, std::uint32_t count) {
    for (std::uint32_t i = count; i > 0; --i) versions.push_back(chunk.versions[i - 1]);
    return false;
  });
  std::reverse(versions.begin(), versions.end());
  return versions;
}

std::size_t removable(const std::vector<OldVersion>& versions, std::int64_t compacted) {
  const auto above = std::upper_bound(versions.begin(), versions.end(), compacted,
                                      [](std::int64_t main, const OldVersion& v) { return main < v.main; });
  if (above == versions.begin()) return 0;
  const OldVersion& kept = *(above - 1);
  const auto before_kept = static_cast<std::size_t>(above - versions.begin()) - 1;
  return kept.deleted != 0 && kept.main < compacted ? before_kept + 1 : before_kept;
}

void keep_newest_history(Entry& entry, std::size_t keep, EditNumber edit, std::vector<Retired>& retired) {
  const std::vector<OldVersion> versions = all_versions(entry);
  RAFT_CHECK(keep < versions.size());
  for_each_chunk(entry, [&](HistoryChunk& chunk, std::uint32_t) {
    retired.push_back({.node = nullptr, .chunk = &chunk});
    return false;
  });
  entry.history = nullptr;
  entry.history_count = 0;
  for (std::size_t i = versions.size() - 1 - keep; i + 1 < versions.size(); ++i)
    append(entry, versions[i], edit);
}

}  // namespace kv
