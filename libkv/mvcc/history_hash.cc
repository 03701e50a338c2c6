// HashKV (contract section 7.2): one number over the history, the same on every member and in etcd.
#include <array>

#include "libkv/mvcc/fault.h"
#include "libkv/mvcc/history.h"
#include "libkv/mvcc/read_view.h"
#include "libkv/mvcc/record.h"
#include "libkv/mvcc/view_impl.h"
#include "libraft/base/bytes.h"
#include "libraft/disk/crc32c.h"

namespace kv {
namespace {

/// How many rows are hashed between two looks at whether anyone still wants the answer.
constexpr std::uint64_t kRowsPerLook = 1024;

/// Protobuf's tags of mvccpb.KeyValue: field number << 3 | wire type.
enum Tag : char { kKey = 0x0a, kCreate = 0x10, kMod = 0x18, kVersion = 0x20, kValue = 0x2a, kLease = 0x30 };

void append_bytes(std::string& out, Tag tag, std::string_view bytes) {
  if (bytes.empty()) return;
  out += tag;
  raft::ByteWriter(out).bytes(bytes);
}

void append_number(std::string& out, Tag tag, std::int64_t number) {
  if (number == 0) return;
  out += tag;
  raft::ByteWriter(out).varint(static_cast<std::uint64_t>(number));
}

/// What etcd stores for one change: the revision as the key, mvccpb.KeyValue as the value.
void append_as_etcd(std::string& out, const Revision& revision, const Record& record) {
  raft::append_big_endian(out, static_cast<std::uint64_t>(revision.main));
  out += '_';
  raft::append_big_endian(out, static_cast<std::uint64_t>(revision.sub));
  if (record.deleted) out += 't';
  append_bytes(out, kKey, record.key);
  if (record.deleted) return;
  append_number(out, kCreate, record.create);
  append_number(out, kMod, revision.main);
  append_number(out, kVersion, record.version);
  append_bytes(out, kValue, record.value);
  append_number(out, kLease, record.lease);
}

/// Which records of compacted history count, whether they are still on disk or not.
class Kept {
 public:
  Kept(const Sight& sight, std::int64_t at, bool anything_lives)
      : index_(sight.index), compacted_(sight.compacted), at_(at), anything_lives_(anything_lives) {}

  [[nodiscard]] bool counts(const Revision& revision, const Record& record) const {
    if (revision.main > compacted_) return true;
    if (record.deleted) return false;
    const Entry* const entry = index_.find(record.key);
    if (entry == nullptr) return false;
    // etcd looks at what lives at the revision that is hashed, unless nothing does.
    const auto last = version_at(*entry, anything_lives_ ? at_ : compacted_);
    return last && last->revision() == revision;
  }

 private:
  const IndexView index_;
  const std::int64_t compacted_;
  const std::int64_t at_;
  const bool anything_lives_;
};

std::expected<bool, ReadFault> anything_lives(const Sight& sight, std::int64_t revision) {
  const std::string zero(1, '\0');
  auto all = read_range(sight, {.key = zero, .range_end = zero, .revision = revision, .count_only = true});
  if (!all) return std::unexpected(std::move(all.error()));
  return all->count > 0;
}

}  // namespace

std::expected<std::optional<HistoryHash>, ReadFault> ReadView::hash(
    std::int64_t revision, const std::function<bool()>& give_up) const {
  const Sight sight = impl_->sight();
  if (revision == 0) revision = sight.revision;
  if (revision > 0 && revision < sight.compacted) return refuse(KvError::kCompacted);
  if (revision > sight.revision) return refuse(KvError::kFutureRevision);
  const auto lives = anything_lives(sight, revision);
  if (!lives) return std::unexpected(lives.error());
  const Kept kept(sight, revision, *lives);

  std::uint32_t crc = raft::crc32c("key");
  std::string scratch;
  std::uint64_t rows = 0;
  bool given_up = false;
  const auto hash_row = [&](std::string_view key, std::string_view bytes) -> raft::Result<Database::Step> {
    const Database::Step stop{.stop = true, .seek = {}};
    if (!key.starts_with(kRecordPrefix)) return stop;
    if (++rows % kRowsPerLook == 0 && give_up()) {
      given_up = true;
      return stop;
    }
    ASSIGN_OR_RETURN(const ParsedKey parsed, parse_key(key));
    if (parsed.revision.main > revision) return stop;
    if (parsed.mark) return Database::Step{};
    ASSIGN_OR_RETURN(const DecodedRecord decoded, decode_record(parsed.revision, bytes));
    if (!kept.counts(parsed.revision, decoded.record)) return Database::Step{};
    scratch.clear();
    append_as_etcd(scratch, parsed.revision, decoded.record);
    crc = raft::crc32c_extend(crc, scratch);
    return Database::Step{};
  };
  if (auto walked = impl_->core()->database->walk(kRecordPrefix, hash_row); !walked) {
    return std::unexpected(ReadFault{.refused = {}, .broken = walked.error()});
  }
  if (given_up) return std::optional<HistoryHash>();
  return HistoryHash{.hash = crc, .compacted = sight.compacted, .revision = revision};
}

}  // namespace kv
