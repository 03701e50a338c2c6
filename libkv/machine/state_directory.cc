#include "libkv/machine/state_directory.h"

#include <leveldb/env.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "libraft/disk/database.h"

namespace kv {
namespace {

constexpr std::size_t kDigits = 20;

/// `name` may go on behind the directory's: an env in memory knows no directories and lists what is in them.
std::optional<raft::Index> parse(std::string_view name) {
  name = name.substr(0, name.find('/'));
  if (name.size() != kDigits) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return raft::Index(number);
}

}  // namespace

std::string state_path(const std::string& path, raft::Index installed_at) {
  const std::string digits = std::to_string(installed_at.value());
  return path + "/" + std::string(kDigits - digits.size(), '0') + digits;
}

raft::Result<std::vector<raft::Index>> state_directories(leveldb::Env& env, const std::string& path) {
  std::vector<std::string> names;
  const leveldb::Status listed = env.GetChildren(path, &names);
  std::vector<raft::Index> found;
  if (listed.IsNotFound()) return found;
  RETURN_IF_ERROR(raft::checked(listed, path));
  for (const std::string& name : names) {
    if (name == "CURRENT") {
      return raft::fail(raft::ErrorCode::kMismatch, path,
                        "holds a state of a version before 0.1, which this version does not read");
    }
    if (const auto number = parse(name)) found.push_back(*number);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace kv
