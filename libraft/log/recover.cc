#include "libraft/log/recover.h"

#include <leveldb/db.h>

#include <memory>
#include <optional>

#include "libraft/disk/database.h"
#include "libraft/disk/read_only.h"
#include "libraft/log/keys.h"

namespace raft {
namespace {

std::string_view view(const leveldb::Slice& slice) {
  return {slice.data(), slice.size()};
}
leveldb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

/// For a walk that reads each block once.
leveldb::ReadOptions walking() {
  leveldb::ReadOptions options = read_options();
  options.fill_cache = false;
  return options;
}

/// False when the database was never written.
Result<bool> check_version(leveldb::DB& database) {
  std::string version;
  const leveldb::Status status = database.Get(read_options(), slice(kVersionKey), &version);
  if (status.IsNotFound()) {
    std::unique_ptr<leveldb::Iterator> any(database.NewIterator(walking()));
    any->SeekToFirst();
    RETURN_IF_ERROR(checked(any->status(), "format version"));
    if (any->Valid()) return fail(ErrorCode::kCorruption, "format version", "is missing");
    return false;
  }
  RETURN_IF_ERROR(checked(status, "format version"));
  if (version.size() == 1 && static_cast<std::uint8_t>(version[0]) == kLogFormat) return true;
  const std::string found =
      version.size() == 1 ? std::to_string(static_cast<std::uint8_t>(version[0])) : "unreadable";
  return fail(ErrorCode::kMismatch, "format version",
              found + ", this version reads " + std::to_string(kLogFormat));
}

/// The newest state record; nothing but the version may stand behind it.
Result<StateRecord> read_state(leveldb::DB& database) {
  std::unique_ptr<leveldb::Iterator> it(database.NewIterator(walking()));
  std::optional<StateRecord> newest;
  for (it->Seek(slice(kStatePrefix)); it->Valid(); it->Next()) {
    const std::string_view key = view(it->key());
    if (key == kVersionKey) continue;
    const auto sequence = number_of(key, kStatePrefix);
    if (!sequence) return fail(ErrorCode::kCorruption, "key after the state records", "unknown");
    // Older ones are deleted in the batch that writes the next; LevelDB 1.23 may bring one back (finding F5).
    ASSIGN_OR_RETURN(newest, decode_state(*sequence, view(it->value())));
  }
  RETURN_IF_ERROR(checked(it->status(), "state records"));
  if (!newest) return fail(ErrorCode::kCorruption, "state records", "none is there");
  return *newest;
}

/// Follows the chain from the base to the last entry.
class Walk {
 public:
  explicit Walk(const StateRecord& record) : hash_(record.base_hash) {
    found_.record = record;
    found_.state.hard_state = record.hard_state;
    found_.state.base = record.base;
    found_.state.last = record.base.index;
  }

  Result<void> step(const EntryRecord& record) {
    const Index expected = found_.state.last.next();
    if (record.entry.index != expected) {
      return fail(ErrorCode::kCorruption, place(expected),
                  "is missing; the next one found is " + std::to_string(record.entry.index.value()));
    }
    if (record.previous_hash != hash_) {
      return fail(ErrorCode::kCorruption, place(expected), "does not follow the entry before it");
    }
    RETURN_IF_ERROR(take_term(record.entry));
    RETURN_IF_ERROR(take_configuration(record.entry));
    found_.state.last = expected;
    hash_ = record.hash;
    ++found_.entries;
    found_.state.payload_bytes += record.entry.bytes().size();
    return {};
  }

  void leftover() { ++found_.leftovers; }
  [[nodiscard]] Index base() const { return found_.state.base.index; }
  [[nodiscard]] std::string next_place() const { return place(found_.state.last.next()); }

  Result<Recovered> finish() {
    const Index last = found_.state.last;
    const Index expected = found_.record.last;
    if (last > expected) {
      return fail(ErrorCode::kCorruption, place(expected.next()),
                  "is there, but the state record says that the log ends before it");
    }
    if (last < expected) {
      return fail(
          ErrorCode::kCorruption, place(last.next()),
          "is missing; the state record says that the log ends at " + std::to_string(expected.value()));
    }
    if (hash_ != found_.record.last_hash) {
      return fail(ErrorCode::kCorruption, place(last), "is not the one that the state record names");
    }
    return std::move(found_);
  }

 private:
  static std::string place(Index index) { return "entry " + std::to_string(index.value()); }

  Result<void> take_term(const Entry& entry) {
    auto& runs = found_.state.runs;
    const Term before = runs.empty() ? found_.state.base.term : runs.back().term;
    if (entry.term < before) {
      return fail(ErrorCode::kCorruption, place(entry.index), "has a lower term than the one before it");
    }
    if (runs.empty() || entry.term != before) runs.push_back({entry.index, entry.term});
    return {};
  }

  Result<void> take_configuration(const Entry& entry) {
    if (entry.type != EntryType::kConfiguration) return {};
    auto members = decode_membership(entry.bytes());
    if (!members) return fail(members.error().code, place(entry.index), members.error().text());
    found_.state.configurations.push_back({entry.index, std::move(*members)});
    return {};
  }

  Recovered found_;
  std::uint64_t hash_;
};

Result<Recovered> walk_entries(leveldb::DB& database, const StateRecord& state, const EntryVisitor& visit) {
  Walk walk(state);
  std::unique_ptr<leveldb::Iterator> it(database.NewIterator(walking()));
  for (it->SeekToFirst(); it->Valid() && view(it->key()) < kStatePrefix; it->Next()) {
    const auto index = number_of(view(it->key()), kEntryPrefix);
    if (!index) return fail(ErrorCode::kCorruption, "key before the state records", "unknown");
    if (Index(*index) <= walk.base()) {
      walk.leftover();
      continue;
    }
    ASSIGN_OR_RETURN(const EntryRecord record, decode_entry(Index(*index), view(it->value())));
    RETURN_IF_ERROR(walk.step(record));
    if (visit) visit(record.entry);
  }
  RETURN_IF_ERROR(checked(it->status(), walk.next_place()));
  return walk.finish();
}

}  // namespace

Result<Recovered> recover_log(leveldb::DB& database, const EntryVisitor& visit) {
  ASSIGN_OR_RETURN(const bool written, check_version(database));
  if (!written) return Recovered{.fresh = true};
  ASSIGN_OR_RETURN(const StateRecord state, read_state(database));
  return walk_entries(database, state, visit);
}

Result<Recovered> verify_log(leveldb::Env& env, const std::string& path, const EntryVisitor& visit) {
  auto opened = ReadOnlyDatabase::open(env, path, LogPolicy::kAcknowledged);
  if (!opened) return fail(std::move(opened.error()));
  auto recovered = recover_log((*opened)->database(), visit);
  if (recovered) {
    recovered->cuts = (*opened)->cuts();
    return recovered;
  }
  if (recovered.error().code == ErrorCode::kCorruption) RETURN_IF_ERROR(check_tables(env, path));
  Error& error = recovered.error();
  return fail(error.code, path + ": " + error.where, error.what);
}

}  // namespace raft
