#include "libkv/mvcc/record_reader.h"

#include <algorithm>

#include "libkv/mvcc/record.h"

namespace kv {
namespace {

using raft::ErrorCode;

/// From so many misses on, one ordered walk beats a search for each.
constexpr std::size_t kWalkFrom = 32;
/// A read of more misses passes by the cache: it would drop everything that is hot.
constexpr std::size_t kCachedMax = 16384;
/// Rows that a walk steps over before it seeks.
constexpr int kStepsMax = 16;

std::unexpected<raft::Error> missing(const Revision& revision) {
  return raft::fail(ErrorCode::kCorruption, place_of(revision), "the record is missing");
}

}  // namespace

raft::Result<void> RecordReader::read(std::span<const WantedRecord> wanted) const {
  std::vector<WantedRecord> misses;
  for (const WantedRecord& item : wanted) {
    if (!in_memory(item)) misses.push_back(item);
  }
  if (misses.size() >= kWalkFrom) return read_in_order(misses);
  for (const WantedRecord& item : misses) RETURN_IF_ERROR(read_one(item));
  return {};
}

bool RecordReader::in_memory(const WantedRecord& wanted) const {
  if (pending_ != nullptr && !pending_->empty() && wanted.revision >= pending_->front().first) {
    const auto at = std::lower_bound(pending_->begin(), pending_->end(), wanted.revision,
                                     [](const auto& item, const Revision& r) { return item.first < r; });
    if (at != pending_->end() && at->first == wanted.revision) {
      copy_record(at->second.record(), wanted.revision, *wanted.out);
      return true;
    }
  }
  return cache_.find(wanted.revision, *wanted.out);
}

raft::Result<void> RecordReader::read_one(const WantedRecord& wanted) const {
  ASSIGN_OR_RETURN(const auto bytes, database_.get(RecordKey(wanted.revision)));
  if (!bytes) return missing(wanted.revision);
  return accept(wanted, *bytes, Caching::kKeep);
}

raft::Result<void> RecordReader::read_in_order(std::vector<WantedRecord>& wanted) const {
  std::sort(wanted.begin(), wanted.end(),
            [](const WantedRecord& a, const WantedRecord& b) { return a.revision < b.revision; });
  const Caching caching = wanted.size() <= kCachedMax ? Caching::kKeep : Caching::kPass;
  std::size_t next = 0;
  std::string next_key = record_key(wanted[0].revision);
  int steps = 0;
  const auto walked = database_.walk(
      next_key, [&](std::string_view key, std::string_view value) -> raft::Result<Database::Step> {
        if (key > next_key) return missing(wanted[next].revision);
        if (key < next_key) return Database::Step{.stop = false, .seek = ++steps > kStepsMax ? next_key : ""};
        RETURN_IF_ERROR(accept(wanted[next], value, caching));
        steps = 0;
        if (++next == wanted.size()) return Database::Step{.stop = true, .seek = {}};
        next_key = record_key(wanted[next].revision);
        return Database::Step{};
      });
  if (!walked) return raft::fail(walked.error());
  if (next < wanted.size()) return missing(wanted[next].revision);
  return {};
}

raft::Result<void> RecordReader::accept(const WantedRecord& wanted, std::string_view bytes,
                                        Caching caching) const {
  ASSIGN_OR_RETURN(const DecodedRecord decoded, decode_record(wanted.revision, bytes));
  const Record& record = decoded.record;
  if (record.key != wanted.key || record.deleted) {
    return raft::fail(ErrorCode::kCorruption, place_of(wanted.revision), "the record of another change");
  }
  CachedRecord cached{.create = record.create,
                      .version = record.version,
                      .lease = record.lease,
                      .value = std::string(record.value)};
  copy_record(cached, wanted.revision, *wanted.out);
  if (caching == Caching::kKeep) cache_.insert(wanted.revision, std::move(cached));
  return {};
}

}  // namespace kv
