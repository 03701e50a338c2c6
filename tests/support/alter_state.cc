// alter_state STATE KEY VALUE: gives the newest record of KEY in the state directory of a stopped member
// another value, with every checksum and the chain as if it had been written so. What no check of one member
// can see.
#include <leveldb/env.h>
#include <leveldb/write_batch.h>

#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libkv/mvcc/database.h"
#include "libkv/mvcc/record.h"

namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

raft::Result<Rows> all_rows(const kv::Database& database) {
  Rows rows;
  RETURN_IF_ERROR(database.walk(
      kv::kRecordPrefix,
      [&rows](std::string_view key, std::string_view value) -> raft::Result<kv::Database::Step> {
        if (!key.starts_with(kv::kRecordPrefix)) return kv::Database::Step{.stop = true, .seek = {}};
        rows.emplace_back(key, value);
        return kv::Database::Step{};
      }));
  return rows;
}

raft::Result<std::optional<std::size_t>> newest_of(const Rows& rows, std::string_view key) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ASSIGN_OR_RETURN(const kv::ParsedKey parsed, kv::parse_key(rows[i].first));
    if (parsed.mark) continue;
    ASSIGN_OR_RETURN(const kv::DecodedRecord decoded, kv::decode_record(parsed.revision, rows[i].second));
    if (decoded.record.key == key) found = i;
  }
  return found;
}

/// Of a state whose history is whole: the chain begins at 0.
raft::Result<void> write_chain(Rows& rows) {
  std::uint64_t chain = 0;
  for (auto& [key, value] : rows) {
    ASSIGN_OR_RETURN(const kv::ParsedKey parsed, kv::parse_key(key));
    if (parsed.mark) {
      ASSIGN_OR_RETURN(kv::Mark mark, kv::decode_mark(value));
      mark.chain = chain;
      value = kv::encode_mark(mark);
    } else {
      ASSIGN_OR_RETURN(const kv::DecodedRecord decoded, kv::decode_record(parsed.revision, value));
      chain = kv::chained(chain, decoded.checksum);
    }
  }
  return {};
}

raft::Result<void> alter(const std::string& path, std::string_view key, std::string_view text) {
  ASSIGN_OR_RETURN(const auto database, kv::Database::open(leveldb::Env::Default(), path));
  ASSIGN_OR_RETURN(Rows rows, all_rows(*database));
  ASSIGN_OR_RETURN(const auto at, newest_of(rows, key));
  if (!at) return raft::fail(raft::ErrorCode::kNotFound, path, "has no such key");
  auto& [row_key, row] = rows[*at];
  ASSIGN_OR_RETURN(const kv::ParsedKey parsed, kv::parse_key(row_key));
  const std::string before = row;
  ASSIGN_OR_RETURN(kv::DecodedRecord decoded, kv::decode_record(parsed.revision, before));
  decoded.record.value = text;
  row.clear();
  kv::encode_record(parsed.revision, decoded.record, row);
  RETURN_IF_ERROR(write_chain(rows));
  leveldb::WriteBatch batch;
  for (const auto& [changed, value] : rows) batch.Put(changed, value);
  RETURN_IF_ERROR(database->write(batch));
  return database->sync();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fputs("usage: alter_state STATE KEY VALUE\n", stderr), 64;
  const auto altered = alter(argv[1], argv[2], argv[3]);
  if (altered) return 0;
  std::fprintf(stderr, "alter_state: %s\n", altered.error().text().c_str());
  return 1;
}
