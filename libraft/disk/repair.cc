#include "libraft/disk/repair.h"

#include <leveldb/env.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include "libraft/disk/database.h"
#include "libraft/disk/log_tail.h"
#include "libraft/disk/manifest.h"

namespace raft {
namespace {

struct NumberedFile {
  std::uint64_t number = 0;
  std::string path;

  auto operator<=>(const NumberedFile&) const = default;
};

/// The number in `name` between `prefix` and `suffix`.
std::optional<std::uint64_t> file_number(std::string_view name, std::string_view prefix,
                                         std::string_view suffix) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix) || name.size() <= prefix.size() + suffix.size()) {
    return std::nullopt;
  }
  const std::string_view digits = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

Result<std::string> read_file(leveldb::Env& env, const std::string& path) {
  std::string bytes;
  RETURN_IF_ERROR(checked(leveldb::ReadFileToString(&env, path, &bytes), path));
  return bytes;
}

std::unexpected<Error> damaged(const std::string& path, std::uint64_t offset) {
  return fail(ErrorCode::kCorruption, path,
              "damaged at byte " + std::to_string(offset) + ", and not by a write that was cut off");
}

/// A name that LevelDB takes for a temporary file and removes should it be left behind: the number, ".dbtmp".
std::string temporary_name(const std::string& path) {
  const std::size_t name = path.find_last_of('/') + 1;
  std::string digits = path.substr(name);
  std::erase_if(digits, [](char c) { return c < '0' || c > '9'; });
  return path.substr(0, name) + digits + ".dbtmp";
}

/// Copies the beginning of the file beside it and renames the copy over it: whole or not at all.
Result<void> make_cut(leveldb::Env& env, const Cut& cut) {
  ASSIGN_OR_RETURN(const std::string content, read_file(env, cut.file));
  if (content.size() < cut.offset) return fail(ErrorCode::kIo, cut.file, "became shorter while it was read");
  const std::string copy = temporary_name(cut.file);
  leveldb::WritableFile* opened = nullptr;
  RETURN_IF_ERROR(checked(env.NewWritableFile(copy, &opened), copy));
  const std::unique_ptr<leveldb::WritableFile> out(opened);
  leveldb::Status status = out->Append({content.data(), cut.offset});
  if (status.ok()) status = out->Sync();
  if (status.ok()) status = out->Close();
  if (status.ok()) status = env.RenameFile(copy, cut.file);
  return checked(status, cut.file);
}

struct Manifest {
  std::uint64_t oldest_log =
      0;  ///< the number of the oldest log file that is still needed; 0 before the first
  std::optional<Cut> cut;
};

/// The MANIFEST that CURRENT names.
Result<Manifest> inspect_manifest(leveldb::Env& env, const std::string& directory) {
  const std::string current_path = directory + "/CURRENT";
  ASSIGN_OR_RETURN(std::string name, read_file(env, current_path));
  if (name.empty() || name.back() != '\n' || !file_number(name.substr(0, name.size() - 1), "MANIFEST-", "")) {
    return fail(ErrorCode::kCorruption, current_path, "does not name a MANIFEST");
  }
  name.pop_back();
  const std::string path = directory + "/" + name;
  if (!env.FileExists(path))
    return fail(ErrorCode::kCorruption, current_path, "names " + name + ", which is missing");
  ASSIGN_OR_RETURN(const std::string bytes, read_file(env, path));
  Manifest manifest;
  bool parsed = true;
  const LogTail tail = read_log_tail(bytes, RecordEnd::kAnyByte, [&](std::string_view edit) {
    const EditLogNumber found = log_number_of_edit(edit);
    parsed = parsed && found.ok;
    manifest.oldest_log = found.log_number.value_or(manifest.oldest_log);
  });
  if (!parsed) return fail(ErrorCode::kCorruption, path, "has an edit that cannot be read");
  if (tail.damaged_at && !tail.torn) return damaged(path, *tail.damaged_at);
  if (tail.records == 0) return fail(ErrorCode::kCorruption, path, "is empty");
  if (tail.damaged_at) manifest.cut = Cut{path, tail.whole_bytes, tail.used_bytes - tail.whole_bytes};
  return manifest;
}

Result<std::vector<std::string>> names_in(leveldb::Env& env, const std::string& directory) {
  std::vector<std::string> names;
  RETURN_IF_ERROR(checked(env.GetChildren(directory, &names), directory));
  return names;
}

/// The log files that LevelDB will replay, oldest first.
Result<std::vector<NumberedFile>> needed_logs(leveldb::Env& env, const std::string& directory,
                                              std::uint64_t oldest) {
  ASSIGN_OR_RETURN(const auto names, names_in(env, directory));
  std::vector<NumberedFile> logs;
  for (const std::string& name : names) {
    const auto number = file_number(name, "", ".log");
    if (number && *number >= oldest) logs.push_back({*number, directory + "/" + name});
  }
  std::ranges::sort(logs);
  if (oldest > 0 && (logs.empty() || logs.front().number != oldest)) {
    return fail(ErrorCode::kCorruption, directory,
                "log file number " + std::to_string(oldest) + " is missing");
  }
  return logs;
}

struct ReadLog {
  std::string path;
  LogTail tail;
};

Result<std::vector<ReadLog>> read_logs(leveldb::Env& env, const std::vector<NumberedFile>& files) {
  std::vector<ReadLog> logs;
  for (const NumberedFile& file : files) {
    ASSIGN_OR_RETURN(const std::string bytes, read_file(env, file.path));
    logs.push_back({file.path, read_log_tail(bytes, RecordEnd::kNeverZero)});
  }
  return logs;
}

/// Acknowledged records may stand in every log: only the last record of all may be torn.
Result<void> refuse_damage(const std::vector<ReadLog>& logs) {
  for (auto log = logs.begin(); log != logs.end(); ++log) {
    if (!log->tail.damaged_at) continue;
    const bool last = std::all_of(log + 1, logs.end(), [](const ReadLog& later) {
      return later.tail.records == 0 && !later.tail.damaged_at;
    });
    if (!log->tail.torn || !last) return damaged(log->path, *log->tail.damaged_at);
  }
  return {};
}

/// At the first damage the log ends; what follows, in this file and in later ones, goes.
std::vector<Cut> cuts_of(const std::vector<ReadLog>& logs) {
  std::vector<Cut> cuts;
  for (const ReadLog& log : logs) {
    if (cuts.empty() && !log.tail.damaged_at) continue;
    const std::uint64_t keep = cuts.empty() ? log.tail.whole_bytes : 0;
    if (log.tail.used_bytes > keep) cuts.push_back({log.path, keep, log.tail.used_bytes - keep});
  }
  return cuts;
}

/// LevelDB makes a new database where CURRENT is missing, and removes the files of the old one.
Result<void> refuse_lost_current(leveldb::Env& env, const std::string& directory) {
  std::vector<std::string> names;
  if (!env.GetChildren(directory, &names).ok()) return {};  // no directory: nothing to lose
  for (const std::string& name : names) {
    if (file_number(name, "", ".log") || file_number(name, "", ".ldb") || file_number(name, "", ".sst") ||
        file_number(name, "MANIFEST-", "").value_or(1) > 1) {
      return fail(ErrorCode::kCorruption, directory, "CURRENT is missing, but " + name + " is there");
    }
  }
  return {};
}

}  // namespace

bool holds_database(leveldb::Env& env, const std::string& directory) {
  return env.FileExists(directory + "/CURRENT");
}

Result<std::vector<Cut>> repair_logs(leveldb::Env& env, const std::string& directory, LogPolicy policy) {
  if (!holds_database(env, directory)) {
    RETURN_IF_ERROR(refuse_lost_current(env, directory));
    return std::vector<Cut>();
  }
  ASSIGN_OR_RETURN(const Manifest manifest, inspect_manifest(env, directory));
  ASSIGN_OR_RETURN(const auto files, needed_logs(env, directory, manifest.oldest_log));
  ASSIGN_OR_RETURN(const auto logs, read_logs(env, files));
  if (policy == LogPolicy::kAcknowledged) RETURN_IF_ERROR(refuse_damage(logs));
  std::vector<Cut> cuts = cuts_of(logs);
  if (manifest.cut) cuts.push_back(*manifest.cut);
  // Newest first: a crash between two cuts leaves a log that a later run cuts at the same place.
  for (auto cut = cuts.rbegin(); cut != cuts.rend(); ++cut) RETURN_IF_ERROR(make_cut(env, *cut));
  return cuts;
}

}  // namespace raft
