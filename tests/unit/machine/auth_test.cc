// Users and roles in the machine: what their commands give, and that all of it is part of the state.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "libkv/auth/auth_table.h"
#include "libkv/machine/state_directory.h"
#include "libkv/mvcc/store.h"
#include "libkv/session/session_table.h"
#include "tests/unit/machine/install_fixture.h"
#include "tests/unit/machine/machine_fixture.h"

namespace kv {
namespace {

const TokenDigest kDigest{1, 2, 3};

std::vector<Operation> founding() {
  return {UserAddOp{.name = "root", .password_hash = "r"},
          UserGrantRoleOp{.user = "root", .role = "root"},
          UserAddOp{.name = "alice", .password_hash = "a"},
          RoleAddOp{.name = "writer"},
          RoleGrantPermissionOp{.role = "writer", .permission = {PermissionType::kReadWrite, "a", "b"}},
          UserGrantRoleOp{.user = "alice", .role = "writer"},
          AuthEnableOp{}};
}

class Auth : public MachineTest {
 protected:
  void SetUp() override {
    MachineTest::SetUp();
    for (const Operation& operation : founding()) EXPECT_TRUE(apply(operation).result);
  }
  [[nodiscard]] std::uint64_t revision() const { return machine_->auth()->revision(); }
  [[nodiscard]] Principal alice() const { return {.user = "alice", .revision = revision()}; }
  [[nodiscard]] Principal root() const { return {.user = "root", .revision = revision()}; }

  Outcome by(const Principal& principal, const Operation& operation,
             const std::optional<SessionTag>& tag = std::nullopt) {
    return apply_payload(encode_command(kSelf, 1, operation, tag, principal));
  }
  std::optional<KvError> refusal_by(const Principal& principal, const Operation& operation,
                                    const std::optional<SessionTag>& tag = std::nullopt) {
    const Outcome outcome = by(principal, operation, tag);
    return outcome.result ? std::nullopt : std::optional(outcome.result.error());
  }
  AuthResult result_by(const Principal& principal, const Operation& operation) {
    const Outcome outcome = by(principal, operation);
    EXPECT_TRUE(outcome.result);
    return outcome.result ? std::get<AuthResult>(*outcome.result) : AuthResult{};
  }
};

TEST_F(Auth, IsOffUntilItIsEnabledAndPublishedThen) {
  EXPECT_TRUE(machine_->auth_enabled());
  EXPECT_TRUE(machine_->auth()->enabled());
  EXPECT_TRUE(by(root(), AuthDisableOp{}).result);
  EXPECT_FALSE(machine_->auth_enabled());
  EXPECT_FALSE(machine_->auth()->enabled());
}

TEST_F(Auth, AChangeTellsTheRevisionAndWhoseTokensAreOver) {
  const AuthResult added = result_by(root(), UserAddOp{.name = "bob", .password_hash = "b"});
  EXPECT_TRUE(added.enabled);
  EXPECT_EQ(added.revision, revision());
  EXPECT_EQ(added.forget_user, "");
  EXPECT_EQ(result_by(root(), UserChangePasswordOp{.name = "bob", .password_hash = "c"}).forget_user, "bob");
  EXPECT_EQ(result_by(root(), UserDeleteOp{.name = "bob"}).forget_user, "bob");
  EXPECT_FALSE(result_by(root(), AuthDisableOp{}).enabled);
}

TEST_F(Auth, AChangeTakesNoRevisionOfTheStore) {
  const std::int64_t before = machine_->view().revision();
  EXPECT_EQ(by(root(), RoleAddOp{.name = "more"}).revision, before);
  EXPECT_EQ(machine_->view().revision(), before);
}

TEST_F(Auth, AWriteUnderAnOldRevisionIsRefusedThoughItWouldBeAllowed) {
  const Principal before = alice();
  EXPECT_EQ(refusal_by(before, PutOp{.key = "a", .value = "1"}), std::nullopt);
  EXPECT_TRUE(by(root(), RoleAddOp{.name = "more"}).result);
  EXPECT_EQ(refusal_by(before, PutOp{.key = "a", .value = "2"}), KvError::kAuthOldRevision);
  EXPECT_EQ(get("a")->value, "1");
  EXPECT_EQ(refusal_by(alice(), PutOp{.key = "a", .value = "3"}), std::nullopt);
}

TEST_F(Auth, AnAdministratorIsNotHeldToTheRevision) {
  const Principal before = root();
  EXPECT_EQ(refusal_by(before, RoleAddOp{.name = "one"}), std::nullopt);
  EXPECT_EQ(refusal_by(before, RoleAddOp{.name = "two"}), std::nullopt);
}

TEST_F(Auth, ChangesAndWritesInOneBatchGoByTheirOrder) {
  const auto entry = [this](const Operation& operation, const Principal& principal, std::uint64_t ahead) {
    raft::Entry made = next_entry(encode_command(kSelf, 1, operation, std::nullopt, principal));
    made.index = raft::Index(made.index.value() + ahead);
    return made;
  };
  const Principal user = alice();
  const raft::Entry entries[] = {
      entry(PutOp{.key = "a", .value = "before"}, user, 0),
      entry(RoleRevokePermissionOp{.role = "writer", .key = "a", .range_end = "b"}, root(), 1),
      entry(PutOp{.key = "a", .value = "old"}, user, 2),
      entry(PutOp{.key = "a", .value = "new"}, {.user = "alice", .revision = user.revision + 1}, 3)};
  const auto applied = machine_->apply(entries);
  ASSERT_TRUE(applied);
  EXPECT_TRUE(applied->at(0).outcome.result);
  EXPECT_EQ(applied->at(2).outcome.result.error(), KvError::kAuthOldRevision);
  EXPECT_EQ(applied->at(3).outcome.result.error(), KvError::kPermissionDenied);
  EXPECT_EQ(get("a")->value, "before");
}

TEST_F(Auth, ARefusalIsNotKeptInTheSession) {
  const SessionTag tag{.session = {.birth = 0, .nonce = 7}, .sequence = 1};
  const Principal before = alice();
  EXPECT_TRUE(by(root(), RoleAddOp{.name = "more"}).result);
  EXPECT_EQ(refusal_by(before, PutOp{.key = "a", .value = "1"}, tag), KvError::kAuthOldRevision);
  EXPECT_EQ(machine_->sessions().sessions(), 0U);
  EXPECT_EQ(refusal_by(alice(), PutOp{.key = "z", .value = "1"}, tag), KvError::kPermissionDenied);
  EXPECT_EQ(refusal_by(alice(), PutOp{.key = "a", .value = "1"}, tag), std::nullopt)
      << "the same number, authenticated anew";
  EXPECT_EQ(get("a")->version, 1);
}

TEST_F(Auth, AWriteThatWasMadeIsTheAnswerToItsRetryWhateverChangedSince) {
  const SessionTag tag{.session = {.birth = 0, .nonce = 7}, .sequence = 1};
  const Principal before = alice();
  const Outcome first = by(before, PutOp{.key = "a", .value = "1"}, tag);
  ASSERT_TRUE(first.result);
  EXPECT_TRUE(by(root(), UserDeleteOp{.name = "alice"}).result);
  const Outcome again = by(before, PutOp{.key = "a", .value = "1"}, tag);
  EXPECT_TRUE(again.result);
  EXPECT_EQ(again.revision, first.revision);
  EXPECT_EQ(get("a")->version, 1);
}

TEST_F(Auth, AnAuthenticationIsToldToEveryMember) {
  const Outcome outcome =
      apply(AuthenticateOp{.user = "alice", .token_digest = kDigest, .revision = revision()});
  ASSERT_TRUE(outcome.result);
  const auto& told = std::get<AuthenticateResult>(*outcome.result);
  EXPECT_EQ(told.user, "alice");
  EXPECT_EQ(told.token_digest, kDigest);
  EXPECT_EQ(told.revision, revision());
}

TEST_F(Auth, AnAuthenticationThatAChangeOvertookIsRefused) {
  const auto authenticate = [this](const std::string& user, std::uint64_t at) {
    return refusal_of(AuthenticateOp{.user = user, .token_digest = kDigest, .revision = at});
  };
  EXPECT_EQ(authenticate("alice", revision() - 1), KvError::kAuthOldRevision);
  EXPECT_EQ(authenticate("alice", revision() + 1), KvError::kAuthOldRevision);
  EXPECT_EQ(authenticate("nobody", revision()), KvError::kAuthFailed);
  EXPECT_TRUE(by(root(), UserAddOp{.name = "cn", .password_hash = "", .no_password = true}).result);
  EXPECT_EQ(authenticate("cn", revision()), KvError::kAuthFailed);
  EXPECT_TRUE(by(root(), AuthDisableOp{}).result);
  EXPECT_EQ(authenticate("alice", revision()), KvError::kAuthNotEnabled);
}

TEST_F(Auth, WhoLostAPermissionNeverSeesWhatWasWrittenAfterThat) {
  constexpr int kRounds = 200;
  std::atomic<int> round = 0;
  std::atomic<int> leaks = 0;
  const auto key_of = [](int number) { return "secret/" + std::to_string(number); };
  std::thread reader([&] {
    for (int now = 0; now < kRounds; now = round.load()) {
      const ReadView view = machine_->view();
      const auto auth = machine_->auth();
      const auto found = view.range(RangeOp{.key = key_of(now)});
      const bool allowed = !auth->may({.user = "alice"}, PermissionType::kRead, key_of(now), "");
      if (found && !found->kvs.empty() && allowed) ++leaks;
    }
  });
  for (; round < kRounds; ++round) {
    const std::string key = key_of(round);
    EXPECT_TRUE(
        by(root(), RoleGrantPermissionOp{.role = "writer", .permission = {PermissionType::kRead, key, ""}})
            .result);
    const Principal writer{.user = "root", .revision = revision() + 1};
    const RoleRevokePermissionOp revoke{.role = "writer", .key = key, .range_end = ""};
    raft::Entry entries[] = {
        next_entry(encode_command(kSelf, 1, revoke, std::nullopt, writer)),
        next_entry(encode_command(kSelf, 2, PutOp{.key = key, .value = "v"}, std::nullopt, writer))};
    entries[1].index = entries[0].index.next();
    EXPECT_TRUE(machine_->apply(entries));
  }
  reader.join();
  EXPECT_EQ(leaks, 0);
}

TEST_F(Auth, SurvivesReopening) {
  const std::uint64_t before = revision();
  reopen();
  EXPECT_TRUE(machine_->auth_enabled());
  EXPECT_EQ(revision(), before);
  EXPECT_EQ(machine_->auth()->users(), (std::vector<std::string>{"alice", "root"}));
  EXPECT_EQ(refusal_by(alice(), PutOp{.key = "b", .value = "1"}), KvError::kPermissionDenied);
  EXPECT_EQ(refusal_by(alice(), PutOp{.key = "a", .value = "1"}), std::nullopt);
}

TEST_F(Auth, IsPartOfTheHashOfTheState) {
  const std::uint64_t before = machine_->state_point().hash;
  EXPECT_TRUE(by(root(), UserAddOp{.name = "bob", .password_hash = "b"}).result);
  const std::uint64_t added = machine_->state_point().hash;
  EXPECT_NE(added, before);
  EXPECT_TRUE(by(root(), UserChangePasswordOp{.name = "bob", .password_hash = "c"}).result);
  EXPECT_NE(machine_->state_point().hash, added);
  const std::uint64_t hash = machine_->state_point().hash;
  reopen();
  EXPECT_EQ(machine_->state_point().hash, hash);
}

TEST_F(Auth, AStateWithADamagedRowIsNotOpened) {
  machine_.reset();
  {
    auto store = Store::open({.env = options_.env, .path = state_path(options_.path, raft::Index(0))});
    ASSERT_TRUE(store) << store.error().text();
    (*store)->put_row("u/alice", "damage");
    ASSERT_TRUE((*store)->commit((*store)->applied()));
  }
  const auto opened = Machine::open(options_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, raft::ErrorCode::kCorruption);
  EXPECT_NE(opened.error().text().find("u/"), std::string::npos) << opened.error().text();
}

class AuthTravels : public installing::Install {
 protected:
  static Applied apply_to(Machine& machine, const Operation& operation,
                          const std::optional<Principal>& principal = std::nullopt) {
    raft::Entry entry = installing::put_entry(machine, "", "");
    entry.payload =
        std::make_shared<const std::string>(encode_command(kSelf, 1, operation, std::nullopt, principal));
    auto applied = machine.apply({&entry, 1});
    EXPECT_TRUE(applied) << applied.error().text();
    return std::move(applied->at(0));
  }
};

TEST_F(AuthTravels, WithAReceivedState) {
  for (const Operation& operation : founding()) EXPECT_TRUE(apply_to(*sender_, operation).outcome.result);
  apply_to(*machine_, UserAddOp{.name = "stale", .password_hash = ""});
  const auto before = machine_->auth();
  auto sink = installing::receive(*machine_, sender_->applied().index, installing::snapshot_of(*sender_));
  ASSERT_TRUE(sink) << sink.error().text();
  ASSERT_TRUE(machine_->install(std::move(*sink)));
  EXPECT_TRUE(machine_->auth_enabled());
  EXPECT_EQ(machine_->auth()->users(), sender_->auth()->users());
  EXPECT_EQ(machine_->auth()->revision(), sender_->auth()->revision());
  EXPECT_EQ(machine_->state_point().hash, sender_->state_point().hash);
  EXPECT_NE(before->find_user("stale"), nullptr) << "who reads the table before goes on reading it";
  const Principal alice{.user = "alice", .revision = sender_->auth()->revision()};
  for (Machine* const machine : {machine_.get(), sender_.get()}) {
    EXPECT_TRUE(apply_to(*machine, PutOp{.key = "a", .value = "v"}, alice).outcome.result);
    EXPECT_FALSE(apply_to(*machine, PutOp{.key = "b", .value = "v"}, alice).outcome.result);
  }
  EXPECT_EQ(machine_->state_point().hash, sender_->state_point().hash);
}

}  // namespace
}  // namespace kv
