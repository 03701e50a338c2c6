#include "libraft/disk/database.h"

#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/iterator.h>
#include <leveldb/table.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>

#include "libraft/base/mutant.h"

namespace raft {
namespace {

leveldb::Status read_table(leveldb::Env& env, const std::string& path) {
  std::uint64_t bytes = 0;
  leveldb::RandomAccessFile* file = nullptr;
  leveldb::Status status = env.GetFileSize(path, &bytes);
  if (status.ok()) status = env.NewRandomAccessFile(path, &file);
  const std::unique_ptr<leveldb::RandomAccessFile> owned(file);
  leveldb::Table* opened = nullptr;
  if (status.ok()) status = leveldb::Table::Open(database_options(&env), file, bytes, &opened);
  const std::unique_ptr<leveldb::Table> table(opened);
  if (!status.ok()) return status;
  const std::unique_ptr<leveldb::Iterator> rows(table->NewIterator(read_options()));
  for (rows->SeekToFirst(); rows->Valid();) rows->Next();
  return rows->status();
}

/// "000018.ldb" is 18.
std::uint64_t number_of(std::string_view name) {
  std::uint64_t number = 0;
  std::from_chars(name.data(), name.data() + name.size(), number);
  return number;
}

/// Of the lines of LevelDB's list, those of tables begin with a space and the number: " 18:1234['a' ...".
std::set<std::uint64_t> tables_of(leveldb::DB& database) {
  std::string list;
  database.GetProperty("leveldb.sstables", &list);
  std::set<std::uint64_t> numbers;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find('\n', at), list.size());
    if (list[at] == ' ') numbers.insert(number_of(std::string_view(list).substr(at + 1, end - at - 1)));
    at = end + 1;
  }
  return numbers;
}

}  // namespace

leveldb::Options database_options(leveldb::Env* env) {
  leveldb::Options options;
  options.env = env;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.reuse_logs = false;
  options.compression = leveldb::kNoCompression;
  options.write_buffer_size = 32U << 20U;
  options.max_file_size = 32U << 20U;
  return options;
}

leveldb::ReadOptions read_options() {
  leveldb::ReadOptions options;
  options.verify_checksums = true;
  return options;
}

Error database_error(const leveldb::Status& status, const std::string& where) {
  const std::string text = status.ToString();
  ErrorCode code = ErrorCode::kIo;
  if (status.IsCorruption()) code = ErrorCode::kCorruption;
  if (status.IsNotFound()) code = ErrorCode::kNotFound;
  if (text.find("No space left") != std::string::npos) code = ErrorCode::kNoSpace;
  return {code, where, text};
}

Result<void> checked(const leveldb::Status& status, const std::string& where) {
  if (status.ok()) return {};
  return fail(database_error(status, where));
}

Result<std::unique_ptr<leveldb::DB>> open_database(const leveldb::Options& options, const std::string& path,
                                                   LogPolicy policy, std::vector<Cut>* cuts) {
  auto made = RAFT_MUTANT(kTornTailKept) ? std::vector<Cut>() : repair_logs(*options.env, path, policy);
  if (!made) return fail(std::move(made.error()));
  if (cuts != nullptr) cuts->insert(cuts->end(), made->begin(), made->end());
  leveldb::DB* opened = nullptr;
  const leveldb::Status status = leveldb::DB::Open(options, path, &opened);
  std::unique_ptr<leveldb::DB> database(opened);
  if (status.IsCorruption()) RETURN_IF_ERROR(check_tables(*options.env, path));
  // LevelDB creates what is missing: that something was not found means that part of a database is gone.
  if (status.IsNotFound()) return fail(ErrorCode::kCorruption, path, status.ToString());
  RETURN_IF_ERROR(checked(status, path));
  return database;
}

Result<void> check_tables(leveldb::Env& env, const std::string& directory, leveldb::DB* open) {
  const auto used = open == nullptr ? std::nullopt : std::optional(tables_of(*open));
  std::vector<std::string> names;
  RETURN_IF_ERROR(checked(env.GetChildren(directory, &names), directory));
  for (const std::string& name : names) {
    if (!name.ends_with(".ldb") && !name.ends_with(".sst")) continue;
    if (used && !used->contains(number_of(name))) continue;
    const std::string path = directory + "/" + name;
    const leveldb::Status status = read_table(env, path);
    if (used && status.IsNotFound()) continue;  // merged into another meanwhile
    RETURN_IF_ERROR(checked(status, path));
  }
  return {};
}

}  // namespace raft
