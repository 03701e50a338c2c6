#include "libraft/log/keys.h"

#include "libraft/base/bytes.h"

namespace raft {
namespace {

std::string numbered(std::string_view prefix, std::uint64_t number) {
  std::string key(prefix);
  append_big_endian(key, number);
  return key;
}

}  // namespace

std::string entry_key(Index index) {
  return numbered(kEntryPrefix, index.value());
}
std::string state_key(std::uint64_t sequence) {
  return numbered(kStatePrefix, sequence);
}

std::optional<std::uint64_t> number_of(std::string_view key, std::string_view prefix) {
  if (!key.starts_with(prefix) || key.size() != prefix.size() + 8) return std::nullopt;
  return read_big_endian(key.substr(prefix.size()));
}

}  // namespace raft
