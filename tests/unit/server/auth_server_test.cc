// Users, passwords and tokens through whole members.
#include <gtest/gtest.h>

#include "libkv/auth/auth_table.h"
#include "tests/unit/server/members_fixture.h"

namespace kv {
namespace {

using testing::kPatience;
using testing::TestMember;
using testing::WriteAnswer;

class AuthServer : public testing::Members {
 protected:
  /// With authentication on; the passwords are the names.
  void start_with_users(std::size_t members) {
    start(members);
    leader();
    wait([this] {
      return std::ranges::all_of(members_, [](const auto& member) {
        return member->server->status().command_version >= kAuthVersion;
      });
    });
    for (const char* name : {"root", "alice"}) {
      change(UserAddOp{.name = name, .password_hash = *hash_password(name, kBcryptCostMin)}, std::nullopt);
    }
    change(UserGrantRoleOp{.user = "root", .role = "root"}, std::nullopt);
    change(AuthEnableOp(), std::nullopt);
  }
  void change(Operation operation, std::optional<Principal> principal) {
    std::promise<WriteAnswer> answer;
    leader().server->write(std::move(operation),
                           [&answer](WriteAnswer got) { answer.set_value(std::move(got)); },
                           {.session = {}, .principal = std::move(principal)});
    const WriteAnswer got = answer.get_future().get();
    ASSERT_TRUE(got);
    EXPECT_TRUE(got->result);
  }
  template <class Condition>
  static void wait(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_TRUE(condition());
  }

  static std::string authenticate(const TestMember& at, const std::string& name) {
    std::promise<std::string> token;
    at.server->authenticate({.user = name, .password = name, .client = "test"},
                            [&token](const auto& got) { token.set_value(got ? *got : ""); });
    return token.get_future().get();
  }
  static std::future<std::optional<Principal>> await(const TestMember& at, const std::string& token) {
    auto answer = std::make_shared<std::promise<std::optional<Principal>>>();
    at.server->await_principal(token, "test",
                               [answer](std::optional<Principal> got) { answer->set_value(std::move(got)); });
    return answer->get_future();
  }
};

TEST_F(AuthServer, ATokenOfOneMemberIsKnownToAll) {
  start_with_users(3);
  for (const auto& giving : members_) {
    const std::string token = authenticate(*giving, "alice");
    ASSERT_NE(token, "");
    for (const auto& member : members_) {
      const auto principal = await(*member, token).get();
      ASSERT_TRUE(principal);
      EXPECT_EQ(principal->user, "alice");
    }
  }
}

TEST_F(AuthServer, AnotherPasswordEndsItEverywhere) {
  start_with_users(3);
  const std::string token = authenticate(*members_[0], "alice");
  const auto root = await(leader(), authenticate(*members_[1], "root")).get();
  change(UserChangePasswordOp{.name = "alice", .password_hash = *hash_password("new", kBcryptCostMin)}, root);
  for (const auto& member : members_) {
    ASSERT_TRUE(member->read()) << "it has everything by then";
    EXPECT_EQ(await(*member, token).get(), std::nullopt);
  }
  EXPECT_EQ(authenticate(*members_[2], "alice"), "");
}

TEST_F(AuthServer, ARestartKnowsUsersAndNoTokens) {
  start_with_users(1);
  const std::string token = authenticate(*members_[0], "alice");
  ASSERT_NE(token, "");
  ASSERT_TRUE(members_[0]->server->principal_of(token));
  members_[0]->stop();
  members_[0]->start();
  leader();
  ASSERT_TRUE(members_[0]->read());
  EXPECT_TRUE(members_[0]->server->auth_enabled());
  EXPECT_EQ(await(*members_[0], token).get(), std::nullopt);
  EXPECT_NE(authenticate(*members_[0], "alice"), "");
}

TEST_F(AuthServer, AMemberThatLagsWaitsForTheEntryOfAToken) {
  start_with_users(3);
  TestMember& lagging = *members_[leader().self() == raft::NodeId(1) ? 1 : 0];
  ASSERT_TRUE(lagging.read());
  network_.isolate(lagging.self(), true);
  const std::string token = authenticate(leader(), "alice");
  ASSERT_NE(token, "");
  auto principal = await(lagging, token);
  EXPECT_EQ(principal.wait_for(std::chrono::milliseconds(0)), std::future_status::timeout);
  network_.isolate(lagging.self(), false);
  const auto known = principal.get();
  ASSERT_TRUE(known);
  EXPECT_EQ(known->user, "alice");
}

TEST_F(AuthServer, NobodyWritesWithoutAUser) {
  start_with_users(1);
  const WriteAnswer refused = leader().write(PutOp{.key = "k", .value = "v"});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->result.error(), KvError::kUserEmpty);
}

}  // namespace
}  // namespace kv
