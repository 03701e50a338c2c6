// Who asks: passwords become tokens through the log, tokens become users (contract sections 9.1 and 9.2).
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "libkv/auth/auth_table.h"
#include "libkv/machine/machine.h"
#include "libkv/server/attempt_limits.h"
#include "libkv/server/desk.h"
#include "libkv/server/failure_log.h"
#include "libkv/server/password_thread.h"
#include "libkv/server/passwords.h"
#include "libkv/server/server.h"
#include "libkv/server/token_table.h"
#include "libraft/base/log_sink.h"

namespace kv {

struct AuthDeskOptions {
  TokenOptions tokens;
  int bcrypt_cost = kBcryptCostDefault;
  AttemptOptions attempts;
  std::chrono::milliseconds request_timeout{7000};
  std::size_t passwords_max = kPasswordsMax;  ///< that wait to be hashed
  std::size_t tokens_awaited_max = 4096;      ///< requests that wait for the entry of their token
};

/// What the desk needs of its member. Each may answer at once.
struct AuthDeskParts {
  std::function<std::shared_ptr<const AuthTable>()> table;
  std::function<void(ReadDone)> read;
  std::function<void(Operation, WriteDone)> write;
  std::function<void(const Operation&, WriteDone)> propose;  ///< the member's own; its state may be wrong
  raft::LogSink log;
  std::function<raft::Index()>
      applied;  ///< the last entry, at the start and when another state was installed
};

/// Thread: any, but where it says so. Callbacks run on other threads, without a lock.
class AuthDesk final : public Desk {
 public:
  AuthDesk(const AuthDeskOptions& options, AuthDeskParts parts);

  /// As KvServer's.
  void authenticate(Credentials credentials, AuthenticateDone done);
  void hash_password(std::string password, HashDone done);
  /// A token of root's for this member itself, without a password: what a member proposes is done anyway.
  void make_own_token(AuthenticateDone done);
  [[nodiscard]] std::optional<Principal> principal_of(std::string_view token) const;
  void await_principal(std::string_view token, std::string_view client, PrincipalDone done);
  [[nodiscard]] std::uint64_t revision() const { return revision_.load(std::memory_order_acquire); }
  [[nodiscard]] AuthCounts counts() const;

  /// What a batch gave whose last entry is `last`. Thread: apply.
  void hear(std::span<const Applied> outcomes, raft::Index last);

  // Desk
  void applied(AppliedBatch& batch) override;
  void installed() override;
  void ticked(Clock::time_point now) override;
  void closed() override;
  void stopped() override;

 private:
  struct Attempt {
    Credentials credentials;
    AuthenticateDone done;
    Clock::time_point since;
    int tries = 0;
    bool own = false;
  };
  using AttemptPtr = std::shared_ptr<Attempt>;  // shared by the steps that follow each other
  struct Waiting {
    std::string token;
    std::string client;
    PrincipalDone done;
    Clock::time_point until;
  };

  void begin(const AttemptPtr& attempt);
  void enqueue(const AttemptPtr& attempt);
  [[nodiscard]] bool let_in(const AttemptPtr& attempt);
  void check(const AttemptPtr& attempt);
  void grant(const AttemptPtr& attempt, std::uint64_t revision);
  void granted(const AttemptPtr& attempt, const std::string& letters,
               const std::expected<Outcome, RequestFailure>& outcome);
  void refuse(const AttemptPtr& attempt, KvError error);
  [[nodiscard]] std::string hash_of_nobody();
  void release(raft::Index applied);
  void answer(const Waiting& one);

  const AuthDeskOptions options_;
  const AuthDeskParts parts_;
  TokenTable tokens_;
  AttemptLimits attempts_;
  FailureLog failures_;
  std::string nobody_;          // a hash that costs what a user's costs; the password thread's
  Clock::time_point swept_at_;  // ticked()'s

  /// That of the table once the tokens which it invalidates are gone: a token is never used with a newer one.
  std::atomic<std::uint64_t> revision_;
  std::atomic<std::uint64_t> applied_;
  std::atomic<std::size_t> awaited_ = 0;           // how many are in waiting_
  std::mutex mutex_;                               // guards what follows
  std::multimap<std::uint64_t, Waiting> waiting_;  // by the index of the token
  bool closed_ = false;

  PasswordThread passwords_;  // last: its work uses everything above
};

}  // namespace kv
