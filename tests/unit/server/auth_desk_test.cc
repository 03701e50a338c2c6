#include "libkv/server/auth_desk.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace kv {
namespace {

using raft::Index;
using std::chrono::milliseconds;
using std::chrono::seconds;

using TokenAnswer = std::expected<std::string, AuthRefusal>;

/// A desk whose member does at once what it is asked for: entries are applied as they are written.
class AuthDeskTest : public ::testing::Test {
 protected:
  AuthDeskTest() {
    AuthTable table;
    EXPECT_TRUE(table.add_user(
        {.name = "root", .password_hash = *hash_password("secret", kBcryptCostMin), .roles = {}}));
    EXPECT_TRUE(table.grant_role("root", "root"));
    EXPECT_TRUE(table.add_user(
        {.name = "alice", .password_hash = *hash_password("wonder", kBcryptCostMin), .roles = {}}));
    EXPECT_TRUE(table.add_user({.name = "machine", .password_hash = {}, .no_password = true, .roles = {}}));
    EXPECT_TRUE(table.enable());
    publish(std::move(table));
  }
  ~AuthDeskTest() override {
    if (!desk_) return;
    desk_->closed();
    desk_->stopped();
  }

  AuthDesk& desk() {
    if (!desk_) {
      desk_ = std::make_unique<AuthDesk>(
          options_,
          AuthDeskParts{.table = [this] { return table(); },
                        .read =
                            [this](const ReadDone& done) {
                              if (unreachable_) {
                                return done(std::unexpected(RequestFailure{ServerError::kNoLeader}));
                              }
                              done(ReadView(nullptr));  // not looked at
                            },
                        .write =
                            [this](const Operation& op, const WriteDone& done) {
                              if (!odd_) return write(op, done);
                              done(std::unexpected(RequestFailure{ServerError::kCorrupt}));
                            },
                        .propose = [this](const Operation& op, const WriteDone& done) { write(op, done); },
                        .log =
                            [this](raft::LogLevel, std::string_view line) {
                              const std::lock_guard lock(mutex_);
                              lines_.emplace_back(line);
                            },
                        .applied = [this] { return installed_; }});
    }
    return *desk_;
  }
  std::shared_ptr<const AuthTable> table() {
    const std::lock_guard lock(mutex_);
    return table_;
  }
  void publish(AuthTable table) {
    const std::lock_guard lock(mutex_);
    table_ = std::make_shared<const AuthTable>(std::move(table));
  }
  /// As the machine would.
  void write(const Operation& operation, const WriteDone& done) {
    const auto& op = std::get<AuthenticateOp>(operation);
    ++written_;
    if (before_write_) before_write_();
    Outcome outcome{.revision = 1, .result = AuthenticateResult{op.user, op.token_digest, op.revision}};
    if (op.revision != table()->revision()) outcome.result = std::unexpected(KvError::kAuthOldRevision);
    apply(++index_, outcome);
    done(std::move(outcome));
  }
  void apply(std::uint64_t index, Outcome outcome) {
    const std::vector<Applied> batch{
        {.index = Index(index), .origin = raft::NodeId(1), .outcome = std::move(outcome)}};
    desk().hear(batch, Index(index));
  }
  void apply_change(std::uint64_t index, AuthResult result) {
    apply(index, {.revision = 1, .result = std::move(result)});
  }
  void apply_token(std::uint64_t index, std::string_view letters, const std::string& user) {
    apply(index, {.revision = 1, .result = AuthenticateResult{user, digest_of_letters(letters), 1}});
  }

  TokenAnswer authenticate(const std::string& user, const std::string& password) {
    std::promise<TokenAnswer> answer;
    desk().authenticate({.user = user, .password = password, .client = "test"},
                        [&answer](TokenAnswer got) { answer.set_value(std::move(got)); });
    return answer.get_future().get();
  }
  /// Who a token's is, once that is known.
  std::shared_future<std::optional<Principal>> await(const std::string& token) {
    auto answer = std::make_shared<std::promise<std::optional<Principal>>>();
    desk().await_principal(token, "test",
                           [answer](std::optional<Principal> got) { answer->set_value(std::move(got)); });
    return answer->get_future().share();
  }
  static bool is_answered(const std::shared_future<std::optional<Principal>>& future) {
    return future.wait_for(seconds(0)) == std::future_status::ready;
  }

  bool odd_ = false;  // the member's state is wrong
  AuthDeskOptions options_{.tokens = {}, .bcrypt_cost = kBcryptCostMin, .attempts = {}};
  std::mutex mutex_;  // guards the next two
  std::shared_ptr<const AuthTable> table_;
  std::vector<std::string> lines_;
  Index installed_{10};
  std::uint64_t index_ = 10;
  std::atomic<int> written_ = 0;
  std::atomic<bool> unreachable_ = false;
  std::function<void()> before_write_;
  std::unique_ptr<AuthDesk> desk_;
};

TEST_F(AuthDeskTest, AMemberWhoseStateIsWrongMakesATokenOfItsOwn) {
  odd_ = true;
  EXPECT_FALSE(authenticate("root", "secret"));
  // The table moves on meanwhile, once.
  before_write_ = [this] {
    before_write_ = nullptr;
    AuthTable moved = *table();
    EXPECT_TRUE(moved.add_user({.name = "bob", .password_hash = {}, .no_password = true, .roles = {}}));
    publish(std::move(moved));
  };
  std::promise<TokenAnswer> answer;
  desk().make_own_token([&answer](TokenAnswer got) { answer.set_value(std::move(got)); });
  const TokenAnswer token = answer.get_future().get();
  ASSERT_TRUE(token);
  const auto principal = desk().principal_of(*token);
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->user, "root");
}

TEST_F(AuthDeskTest, GivesATokenThatNamesItsEntryForTheRightPassword) {
  const TokenAnswer token = authenticate("alice", "wonder");
  ASSERT_TRUE(token);
  EXPECT_TRUE(token->ends_with(".11")) << *token;
  const auto principal = desk().principal_of(*token);
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->user, "alice");
  EXPECT_EQ(principal->revision, table()->revision());
}

TEST_F(AuthDeskTest, RefusesWhatIsWrong) {
  EXPECT_EQ(authenticate("alice", "secret").error(), AuthRefusal(KvError::kAuthFailed));
  EXPECT_EQ(authenticate("nobody", "").error(), AuthRefusal(KvError::kAuthFailed));
  EXPECT_EQ(std::get<RequestFailure>(authenticate("machine", "").error()).error,
            ServerError::kNoPasswordUser);
  unreachable_ = true;
  EXPECT_EQ(std::get<RequestFailure>(authenticate("alice", "wonder").error()).error, ServerError::kNoLeader);
  unreachable_ = false;
  AuthTable off = *table();
  off.disable();
  publish(off);
  EXPECT_EQ(authenticate("alice", "wonder").error(), AuthRefusal(KvError::kAuthNotEnabled));
  EXPECT_EQ(written_, 0);
}

TEST_F(AuthDeskTest, LooksAtThePasswordAgainWhenUsersChangedMeanwhile) {
  before_write_ = [this] {
    if (written_ != 1) return;
    AuthTable changed = *table();
    EXPECT_TRUE(changed.change_password("alice", *hash_password("land", kBcryptCostMin)));
    publish(std::move(changed));
  };
  EXPECT_EQ(authenticate("alice", "wonder").error(), AuthRefusal(KvError::kAuthFailed));
  EXPECT_EQ(written_, 1);
}

TEST_F(AuthDeskTest, GivesUpOnATableThatNeverRests) {
  before_write_ = [this] {
    AuthTable changed = *table();
    EXPECT_TRUE(changed.add_role("r" + std::to_string(written_)));
    publish(std::move(changed));
  };
  EXPECT_EQ(authenticate("alice", "wonder").error(), AuthRefusal(KvError::kAuthOldRevision));
  EXPECT_GT(written_, 1);
}

TEST_F(AuthDeskTest, HoldsGuessingBack) {
  options_.attempts = {.burst = 2, .per_second = 0.001};
  EXPECT_EQ(authenticate("alice", "1").error(), AuthRefusal(KvError::kAuthFailed));
  EXPECT_EQ(authenticate("alice", "2").error(), AuthRefusal(KvError::kAuthFailed));
  EXPECT_EQ(std::get<RequestFailure>(authenticate("alice", "wonder").error()).error,
            ServerError::kTooManyRequests);
  EXPECT_TRUE(authenticate("root", "secret"));
  EXPECT_EQ(desk().counts().failures, 3U);
}

TEST_F(AuthDeskTest, RefusesMorePasswordsThanItsQueueHolds) {
  options_.passwords_max = 1;
  std::promise<void> busy;
  std::promise<void> go_on;
  before_write_ = [&] {
    busy.set_value();
    go_on.get_future().wait();
  };
  std::promise<TokenAnswer> first;
  desk().authenticate({.user = "alice", .password = "wonder", .client = "test"},
                      [&first](TokenAnswer got) { first.set_value(std::move(got)); });
  busy.get_future().wait();
  std::promise<std::expected<std::string, ServerError>> second;
  desk().hash_password("p", [&second](auto hash) { second.set_value(std::move(hash)); });
  std::promise<std::expected<std::string, ServerError>> third;
  desk().hash_password("p", [&third](auto hash) { third.set_value(std::move(hash)); });
  EXPECT_EQ(third.get_future().get().error(), ServerError::kTooManyRequests);
  go_on.set_value();
  EXPECT_TRUE(first.get_future().get());
  EXPECT_TRUE(is_password("p", *second.get_future().get()));
}

TEST_F(AuthDeskTest, WaitsForTheEntryOfATokenFromElsewhere) {
  const auto early = await("abcdefghijklmnop.50");
  const auto other = await("bbcdefghijklmnop.50");
  apply_change(49, {.enabled = true, .revision = 9, .forget_user = {}});
  EXPECT_FALSE(is_answered(early));
  apply_token(50, "abcdefghijklmnop", "alice");
  ASSERT_TRUE(is_answered(early));
  EXPECT_EQ(early.get(), (Principal{.user = "alice", .revision = 9}));
  ASSERT_TRUE(is_answered(other));
  EXPECT_EQ(other.get(), std::nullopt);
}

TEST_F(AuthDeskTest, WaitsNoLongerThanForAnyRequest) {
  const auto future = await("abcdefghijklmnop.18446744073709551615");
  desk().ticked(AuthDesk::Clock::now());
  EXPECT_FALSE(is_answered(future));
  desk().ticked(AuthDesk::Clock::now() + seconds(8));
  ASSERT_TRUE(is_answered(future));
  EXPECT_EQ(future.get(), std::nullopt);
}

TEST_F(AuthDeskTest, WaitsForSoManyTokensAndNoMore) {
  options_.tokens_awaited_max = 2;
  const auto first = await("abcdefghijklmnop.99");
  const auto second = await("abcdefghijklmnop.99");
  const auto third = await("abcdefghijklmnop.99");
  EXPECT_FALSE(is_answered(first));
  EXPECT_FALSE(is_answered(second));
  ASSERT_TRUE(is_answered(third));
  EXPECT_EQ(third.get(), std::nullopt);
  desk().closed();
  EXPECT_TRUE(is_answered(first));
  EXPECT_TRUE(is_answered(await("abcdefghijklmnop.99"))) << "it has stopped";
}

TEST_F(AuthDeskTest, AnswersAtOnceForWhatCannotComeAnyMore) {
  EXPECT_TRUE(is_answered(await("abcdefghijklmnop.10")));
  EXPECT_TRUE(is_answered(await("no token")));
  EXPECT_TRUE(is_answered(await(std::string(1 << 20, '1'))));
}

TEST_F(AuthDeskTest, ForgetsTokensWithWhatMadeThem) {
  apply_token(11, "aaaaaaaaaaaaaaaa", "alice");
  apply_token(12, "bbbbbbbbbbbbbbbb", "root");
  apply_change(13, {.enabled = true, .revision = 20, .forget_user = "alice"});
  EXPECT_EQ(desk().principal_of("aaaaaaaaaaaaaaaa.11"), std::nullopt);
  EXPECT_EQ(desk().principal_of("bbbbbbbbbbbbbbbb.12"), (Principal{.user = "root", .revision = 20}));
  apply_change(14, {.enabled = false, .revision = 21, .forget_user = {}});
  EXPECT_EQ(desk().principal_of("bbbbbbbbbbbbbbbb.12"), std::nullopt);
}

TEST_F(AuthDeskTest, KnowsNoTokensOfAStateThatItWasSent) {
  apply_token(11, "aaaaaaaaaaaaaaaa", "alice");
  const auto awaited = await("cccccccccccccccc.30");
  installed_ = Index(40);
  desk().installed();
  EXPECT_EQ(desk().principal_of("aaaaaaaaaaaaaaaa.11"), std::nullopt);
  EXPECT_EQ(desk().revision(), table()->revision());
  EXPECT_TRUE(is_answered(awaited));
}

TEST_F(AuthDeskTest, NeverWritesASecretIntoTheLog) {
  EXPECT_FALSE(authenticate("alice\n\"", "hunter2"));
  EXPECT_FALSE(authenticate(std::string(5000, 'a'), "hunter2"));
  await("abcdefghijklmnop.1").wait();
  const std::lock_guard lock(mutex_);
  ASSERT_EQ(lines_.size(), 1U) << "once a second at most";
  EXPECT_EQ(
      lines_[0],
      "event=authentication-failed user=\"alice\\x0a\\x22\" client=test reason=\"wrong user or password\" "
      "failures=1");
}

TEST_F(AuthDeskTest, IsAskedByManyThreadsWhileTokensComeAndGo) {
  std::atomic<bool> over = false;
  desk();
  std::vector<std::jthread> threads;
  for (int reader = 0; reader < 3; ++reader) {
    threads.emplace_back([this, &over] {
      for (std::uint64_t i = 0; !over; ++i) {
        const auto principal = desk().principal_of("aaaaaaaaaaaaaaaa." + std::to_string(11 + i % 3000));
        EXPECT_TRUE(!principal || principal->user == "alice");
        await("aaaaaaaaaaaaaaaa." + std::to_string(11 + i % 3000)).wait_for(milliseconds(0));
        EXPECT_LE(desk().counts().tokens, 1U);
      }
    });
  }
  for (std::uint64_t index = 11; index < 1500; ++index) {
    apply_token(index, "aaaaaaaaaaaaaaaa", "alice");
    desk().ticked(AuthDesk::Clock::now());
    if (index % 7 != 0) continue;
    ++index;
    apply_change(index, {.enabled = true, .revision = index, .forget_user = "alice"});
  }
  over = true;
}

}  // namespace
}  // namespace kv
