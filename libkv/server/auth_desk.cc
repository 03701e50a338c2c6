#include "libkv/server/auth_desk.h"

#include <openssl/crypto.h>

#include <utility>
#include <vector>

namespace kv {
namespace {

/// How often a password is checked again because the table of users moved on meanwhile.
constexpr int kTriesMax = 16;
/// Between two looks for tokens whose time is over.
constexpr std::chrono::seconds kSweepPause{5};

void wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
}

std::unexpected<AuthRefusal> failure(ServerError error, Stage stage = Stage::kQueued) {
  return std::unexpected(AuthRefusal(RequestFailure{error, stage}));
}

}  // namespace

AuthDesk::AuthDesk(const AuthDeskOptions& options, AuthDeskParts parts)
    : options_(options),
      parts_(std::move(parts)),
      tokens_(options.tokens),
      attempts_(options.attempts),
      failures_(parts_.log),
      revision_(parts_.table()->revision()),
      applied_(parts_.applied().value()),
      passwords_(options.passwords_max) {}

void AuthDesk::authenticate(Credentials credentials, AuthenticateDone done) {
  begin(std::make_shared<Attempt>(std::move(credentials), std::move(done), Clock::now()));
}

void AuthDesk::make_own_token(AuthenticateDone done) {
  auto attempt =
      std::make_shared<Attempt>(Credentials{.user = std::string(kRootUser), .password = {}, .client = {}},
                                std::move(done), Clock::now(), 0, true);
  grant(attempt, parts_.table()->revision());
}

/// Everything that was acknowledged before counts, at whatever member.
void AuthDesk::begin(const AttemptPtr& attempt) {
  parts_.read([this, attempt](const std::expected<ReadView, RequestFailure>& view) {
    if (!view) return attempt->done(std::unexpected(AuthRefusal(view.error())));
    if (!parts_.table()->enabled()) {
      return attempt->done(std::unexpected(AuthRefusal(KvError::kAuthNotEnabled)));
    }
    enqueue(attempt);
  });
}

void AuthDesk::enqueue(const AttemptPtr& attempt) {
  if (!let_in(attempt)) return;
  const bool taken =
      passwords_.add({.run = [this, attempt] { check(attempt); },
                      .dropped = [attempt] { attempt->done(failure(ServerError::kStopped)); }});
  if (!taken) attempt->done(failure(ServerError::kTooManyRequests));
}

bool AuthDesk::let_in(const AttemptPtr& attempt) {
  const Credentials& given = attempt->credentials;
  const auto now = Clock::now();
  if (attempts_.may_try(given.user, now)) return true;
  failures_.failed(given.user, given.client, "too many failures before", now);
  attempt->done(failure(ServerError::kTooManyRequests));
  return false;
}

/// On the password thread. Whether there is such a user takes as long to find out as whether the password is
/// theirs.
void AuthDesk::check(const AttemptPtr& attempt) {
  const auto now = Clock::now();
  const Credentials& given = attempt->credentials;
  if (now - attempt->since >= options_.request_timeout) return attempt->done(failure(ServerError::kTimeout));
  if (!let_in(attempt)) return;  // others may have failed since it was
  const auto table = parts_.table();
  const User* const user = table->find_user(given.user);
  if (user != nullptr && user->no_password) {
    failures_.failed(given.user, given.client, "the user has no password", now);
    attempts_.failed(given.user, now);
    return attempt->done(failure(ServerError::kNoPasswordUser));
  }
  const bool right = is_password(given.password, user == nullptr ? hash_of_nobody() : user->password_hash);
  if (!right || user == nullptr) return refuse(attempt, KvError::kAuthFailed);
  grant(attempt, table->revision());
}

std::string AuthDesk::hash_of_nobody() {
  if (nobody_.empty()) nobody_ = kv::hash_password("", options_.bcrypt_cost).value_or("");
  return nobody_;
}

void AuthDesk::refuse(const AttemptPtr& attempt, KvError error) {
  const auto now = Clock::now();
  attempts_.failed(attempt->credentials.user, now);
  failures_.failed(attempt->credentials.user, attempt->credentials.client, "wrong user or password", now);
  wipe(attempt->credentials.password);
  attempt->done(std::unexpected(AuthRefusal(error)));
}

/// The log decides whether what was checked still holds, and tells every member of the token.
void AuthDesk::grant(const AttemptPtr& attempt, std::uint64_t revision) {
  auto letters = new_token_letters();
  if (!letters) return attempt->done(failure(ServerError::kNoRandomNumbers));
  AuthenticateOp op{
      .user = attempt->credentials.user, .token_digest = digest_of_letters(*letters), .revision = revision};
  const auto told = [this, attempt, letters = std::move(*letters)](const auto& outcome) {
    granted(attempt, letters, outcome);
  };
  if (attempt->own) return parts_.propose(op, told);
  parts_.write(std::move(op), told);
}

void AuthDesk::granted(const AttemptPtr& attempt, const std::string& letters,
                       const std::expected<Outcome, RequestFailure>& outcome) {
  if (!outcome) return attempt->done(std::unexpected(AuthRefusal(outcome.error())));
  const auto index = outcome->result ? tokens_.index_of(digest_of_letters(letters)) : std::nullopt;
  if (index) {
    wipe(attempt->credentials.password);
    return attempt->done(letters + "." + std::to_string(index->value()));
  }
  // Whoever lost the token in the same batch was changed in it too.
  const bool moved_on = outcome->result || outcome->result.error() == KvError::kAuthOldRevision;
  if (moved_on && ++attempt->tries < kTriesMax) {
    return attempt->own ? grant(attempt, parts_.table()->revision()) : begin(attempt);
  }
  attempt->done(
      std::unexpected(AuthRefusal(outcome->result ? KvError::kAuthOldRevision : outcome->result.error())));
}

void AuthDesk::hash_password(std::string password, HashDone done) {
  const auto secret = std::make_shared<std::string>(std::move(password));  // copied by no step
  const auto work = [this, secret, done] {
    auto hash = kv::hash_password(*secret, options_.bcrypt_cost);
    wipe(*secret);
    if (!hash) return done(std::unexpected(ServerError::kNoRandomNumbers));
    done(std::move(*hash));
  };
  const bool taken =
      passwords_.add({.run = work, .dropped = [done] { done(std::unexpected(ServerError::kStopped)); }});
  if (!taken) done(std::unexpected(ServerError::kTooManyRequests));
}

std::optional<Principal> AuthDesk::principal_of(std::string_view text) const {
  const auto token = Token::parse(text);
  if (!token) return std::nullopt;
  const std::uint64_t known = revision();  // first: what happens between the two makes it an old one
  auto user = tokens_.use(*token, Clock::now());
  if (!user) return std::nullopt;
  return Principal{.user = std::move(*user), .revision = known};
}

void AuthDesk::await_principal(std::string_view text, std::string_view client, PrincipalDone done) {
  const auto token = Token::parse(text);
  const bool may_come = token && token->index.value() > applied_.load();
  if (may_come) {
    std::unique_lock lock(mutex_);
    if (!closed_ && waiting_.size() < options_.tokens_awaited_max) {
      waiting_.emplace(token->index.value(), Waiting{.token = std::string(text),
                                                     .client = std::string(client),
                                                     .done = std::move(done),
                                                     .until = Clock::now() + options_.request_timeout});
      awaited_.store(waiting_.size());
      lock.unlock();
      // applied() may have looked before it was there to be seen.
      return release(raft::Index(applied_.load()));
    }
  }
  answer({.token = std::string(text), .client = std::string(client), .done = std::move(done), .until = {}});
}

void AuthDesk::answer(const Waiting& one) {
  auto principal = principal_of(one.token);
  if (!principal) failures_.failed("", one.client, "invalid auth token", Clock::now());
  one.done(std::move(principal));
}

void AuthDesk::applied(AppliedBatch& batch) {
  const bool concerned = batch.holds<AuthenticateResult>() || batch.holds<AuthResult>();
  hear(concerned ? std::span<const Applied>(batch.outcomes) : std::span<const Applied>(),
       batch.entries.back().index);
}

void AuthDesk::hear(std::span<const Applied> outcomes, raft::Index last) {
  for (const Applied& one : outcomes) {
    if (!one.outcome.result) continue;
    if (const auto* const made = std::get_if<AuthenticateResult>(&*one.outcome.result)) {
      tokens_.add(made->token_digest, made->user, one.index, Clock::now());
    } else if (const auto* const changed = std::get_if<AuthResult>(&*one.outcome.result)) {
      if (!changed->enabled) tokens_.clear();
      if (!changed->forget_user.empty()) tokens_.drop_user(changed->forget_user);
      revision_.store(changed->revision, std::memory_order_release);
    }
  }
  applied_.store(last.value());
  if (awaited_.load() != 0) release(last);
}

/// What came between did to tokens what nobody told.
void AuthDesk::installed() {
  const raft::Index last = parts_.applied();
  tokens_.clear();
  revision_.store(parts_.table()->revision(), std::memory_order_release);
  applied_.store(last.value());
  release(last);
}

void AuthDesk::release(raft::Index applied) {
  std::vector<Waiting> due;
  {
    const std::lock_guard lock(mutex_);
    const auto end = waiting_.upper_bound(applied.value());
    for (auto it = waiting_.begin(); it != end; ++it) due.push_back(std::move(it->second));
    waiting_.erase(waiting_.begin(), end);
    awaited_.store(waiting_.size());
  }
  for (const Waiting& one : due) answer(one);
}

void AuthDesk::ticked(Clock::time_point now) {
  if (now - swept_at_ >= kSweepPause) {
    swept_at_ = now;
    tokens_.expire(now);
  }
  if (awaited_.load() == 0) return;
  std::vector<Waiting> late;
  {
    const std::lock_guard lock(mutex_);
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      if (it->second.until > now) {
        ++it;
        continue;
      }
      late.push_back(std::move(it->second));
      it = waiting_.erase(it);
    }
    awaited_.store(waiting_.size());
  }
  for (const Waiting& one : late) answer(one);
}

AuthCounts AuthDesk::counts() const {
  return {.failures = failures_.count(), .tokens = tokens_.size()};
}

void AuthDesk::stopped() {
  passwords_.stop();
}

void AuthDesk::closed() {
  std::multimap<std::uint64_t, Waiting> rest;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    rest.swap(waiting_);
    awaited_.store(0);
  }
  for (const auto& [index, one] : rest) one.done(std::nullopt);
}

}  // namespace kv
