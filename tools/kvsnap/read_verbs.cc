// kvsnap ls, get, dump: the keys of a snapshot.
#include <cstdio>
#include <limits>

#include "tools/kvsnap/keys.h"
#include "tools/kvsnap/verbs.h"

namespace tools::kvsnap {
namespace {

void print(std::string_view bytes) {
  std::fwrite(bytes.data(), 1, bytes.size(), stdout);
  std::fputc('\n', stdout);
}

bool as_json(const Parsed& parsed) {
  return parsed.text("write-out") == "jsonl";
}

Outcome<LiveKeys> keys_of(const Parsed& parsed, Values values) {
  TRY_ASSIGN(const auto input, open_input(parsed.arguments().front()));
  const std::string prefix = parsed.text("prefix");
  return live_keys(*input, values, [&](std::string_view key) { return key.starts_with(prefix); });
}

void print_key(const std::string& key, const LiveKey& live, const Parsed& parsed) {
  if (as_json(parsed)) {
    print(json_line(key, live, Values::kKeep));
    return;
  }
  if (!parsed.on("print-value-only")) print(key);
  print(live.value);
}

}  // namespace

Outcome<void> list(const Parsed& parsed) {
  TRY_ASSIGN(const LiveKeys keys, keys_of(parsed, Values::kForget));
  const auto limit = static_cast<std::uint64_t>(parsed.number("limit"));
  std::uint64_t left = limit == 0 ? std::numeric_limits<std::uint64_t>::max() : limit;
  for (const auto& [key, live] : keys) {
    if (left-- == 0) break;
    print(as_json(parsed) ? json_line(key, live, Values::kForget) : key);
  }
  return {};
}

Outcome<void> get(const Parsed& parsed) {
  const std::string& wanted = parsed.arguments()[1];
  TRY_ASSIGN(const auto input, open_input(parsed.arguments().front()));
  TRY_ASSIGN(const LiveKeys keys,
             live_keys(*input, Values::kKeep, [&](std::string_view key) { return key == wanted; }));
  if (keys.empty()) return refuse(kExitNo, "");
  print_key(wanted, keys.begin()->second, parsed);
  return {};
}

Outcome<void> dump(const Parsed& parsed) {
  TRY_ASSIGN(const LiveKeys keys, keys_of(parsed, Values::kKeep));
  for (const auto& [key, live] : keys) print_key(key, live, parsed);
  return {};
}

}  // namespace tools::kvsnap
