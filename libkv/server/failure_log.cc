#include "libkv/server/failure_log.h"

#include <cstdio>
#include <string>

namespace kv {
namespace {

constexpr std::chrono::seconds kPause{1};
constexpr std::size_t kShownMax = 64;

std::string printable(std::string_view bytes) {
  std::string text;
  for (const char c : bytes.substr(0, kShownMax)) {
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
      text += c;
      continue;
    }
    char escaped[5];
    std::snprintf(escaped, sizeof(escaped), "\\x%02x", static_cast<unsigned char>(c));
    text += escaped;
  }
  if (bytes.size() > kShownMax) text += "...";
  return text;
}

}  // namespace

void FailureLog::failed(std::string_view user, std::string_view client, std::string_view reason,
                        Clock::time_point now) {
  const std::uint64_t count = count_.fetch_add(1, std::memory_order_relaxed) + 1;
  std::uint64_t since = 0;
  {
    const std::lock_guard lock(mutex_);
    if (told_ != 0 && now - told_at_ < kPause) return;
    since = count - told_;
    told_at_ = now;
    told_ = count;
  }
  log_(raft::LogLevel::kWarning, "event=authentication-failed user=\"" + printable(user) +
                                     "\" client=" + printable(client) + " reason=\"" + std::string(reason) +
                                     "\" failures=" + std::to_string(since));
}

}  // namespace kv
