// The tokens that users were given for their passwords (contract section 9.2). Of a token the table knows
// only the digest: it is what the log says.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "libkv/machine/auth_command.h"
#include "libraft/core/types.h"

namespace kv {

/// "<letters>.<index>": the letters are the secret, and the index is that of the entry which made it valid.
struct Token {
  std::string_view letters;
  raft::Index index;

  /// Nothing for what is no token.
  static std::optional<Token> parse(std::string_view text);
  [[nodiscard]] TokenDigest digest() const;
};

/// Letters of a new token, by the system's chance; nothing when it gives none.
std::optional<std::string> new_token_letters();
/// The digest of a token with these letters.
TokenDigest digest_of_letters(std::string_view letters);

struct TokenOptions {
  std::chrono::seconds ttl{300};  ///< since it was last used
  std::size_t tokens_max = 65536;
};

/// Filled by what is applied, so that every member knows every token; a start begins without any. The time is
/// handed in. Thread: any; looking up takes a shared lock.
class TokenTable {
 public:
  using Clock = std::chrono::steady_clock;

  explicit TokenTable(const TokenOptions& options) : options_(options) {}

  /// Above tokens_max the oldest goes.
  void add(const TokenDigest& digest, const std::string& user, raft::Index index, Clock::time_point now);
  /// The user whose token it is; its time begins anew.
  [[nodiscard]] std::optional<std::string> use(const Token& token, Clock::time_point now) const;
  /// The entry that made it valid, if it is.
  [[nodiscard]] std::optional<raft::Index> index_of(const TokenDigest& digest) const;
  void drop_user(std::string_view user);
  void clear();
  /// Forgets those whose time is over.
  void expire(Clock::time_point now);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Known {
    std::string user;
    raft::Index index;
    std::uint64_t number = 0;  // of by_age_
    mutable std::atomic<Clock::rep> deadline;

    Known(std::string of, raft::Index at, std::uint64_t in_order, Clock::rep until)
        : user(std::move(of)), index(at), number(in_order), deadline(until) {}
  };

  /// Its bytes are as good as any hash of them.
  struct Hash {
    std::size_t operator()(const TokenDigest& digest) const;
  };

  void erase(const TokenDigest& digest);
  [[nodiscard]] Clock::rep deadline_from(Clock::time_point now) const {
    return (now + options_.ttl).time_since_epoch().count();
  }

  const TokenOptions options_;
  mutable std::shared_mutex mutex_;  // guards what follows
  std::unordered_map<TokenDigest, Known, Hash> known_;
  std::map<std::uint64_t, TokenDigest> by_age_;  // in the order of add
  std::uint64_t next_ = 0;
};

}  // namespace kv
