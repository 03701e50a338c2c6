// What the state holds on disk: records of changes and the marks that close a batch (FORMAT.md).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "libkv/mvcc/revision.h"
#include "libraft/base/result.h"
#include "libraft/core/types.h"

namespace kv {

/// The version of everything in this file. Under kFormatKey; a reader refuses any other.
inline constexpr std::uint8_t kStateFormat = 1;
inline constexpr std::string_view kFormatKey = "f/format";
/// Rows of other tables that live in the same batches: libkv/machine's alarms, members, configuration and
/// version of commands, libkv/lease's leases, libkv/session's results, libkv/auth's users and roles.
inline constexpr std::string_view kAlarmPrefix = "a/";
inline constexpr std::string_view kCommandVersionKey = "k/commands";
inline constexpr std::string_view kAuthStateKey = "k/auth";
inline constexpr std::string_view kLeasePrefix = "l/";
inline constexpr std::string_view kMemberPrefix = "m/";
inline constexpr std::string_view kConfigurationPrefix = "c/";
inline constexpr std::string_view kRolePrefix = "o/";
inline constexpr std::string_view kSessionPrefix = "s/";
inline constexpr std::string_view kUserPrefix = "u/";
/// Records and marks, in order of revision.
inline constexpr std::string_view kRecordPrefix = "r/";

/// One change of one key. Views: into the bytes it was decoded from, or into the caller's.
struct Record {
  std::string_view key;
  std::string_view value;
  std::int64_t create = 0;
  std::int64_t version = 0;
  std::int64_t lease = 0;
  bool deleted = false;

  bool operator==(const Record&) const = default;
};

/// What is true after a batch. Written in it, as its last record.
struct Mark {
  raft::EntryId applied;
  std::int64_t revision = kRevisionOfEmptyStore;
  std::int64_t compacted = kNeverCompacted;
  std::uint64_t records = 0;    ///< records that are stored
  std::uint64_t live_keys = 0;  ///< keys whose newest version is not a tombstone
  std::uint64_t chain = 0;      ///< over every record ever written, whatever was compacted since

  bool operator==(const Mark&) const = default;
};

/// "r/", main, sub: the order of bytes is the order of revisions. Made for every change, so not on the heap.
class RecordKey {
 public:
  explicit RecordKey(const Revision& revision);
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), bytes_.size()}; }
  operator std::string_view() const { return view(); }

 private:
  std::array<char, 18> bytes_;
};
inline std::string record_key(const Revision& revision) {
  return std::string(RecordKey(revision).view());
}
/// Behind every record of `revision`; `batch` numbers the batches, so that no key is ever written twice.
std::string mark_key(std::int64_t revision, std::uint64_t batch);

/// What a key under kRecordPrefix says.
struct ParsedKey {
  bool mark = false;
  Revision revision;        ///< of a mark: only main
  std::uint64_t batch = 0;  ///< of a mark
};
raft::Result<ParsedKey> parse_key(std::string_view key);

/// Appends the record to `out` and gives its checksum, which covers the revision too.
std::uint64_t encode_record(const Revision& revision, const Record& record, std::string& out);

struct DecodedRecord {
  Record record;
  std::uint64_t checksum = 0;
};
/// kCorruption when the bytes are not what was written for that revision.
raft::Result<DecodedRecord> decode_record(const Revision& revision, std::string_view bytes);

/// The chain after one more record.
std::uint64_t chained(std::uint64_t chain, std::uint64_t record_checksum);

std::string encode_mark(const Mark& mark);
raft::Result<Mark> decode_mark(std::string_view bytes);

/// "r/<main>/<sub>", for errors.
std::string place_of(const Revision& revision);

}  // namespace kv
