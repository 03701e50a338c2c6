#include "tools/kvctl/client.h"

#include <gtest/gtest.h>

#include <deque>
#include <sstream>

#include "libkv/api/proto/rpc.pb.h"
#include "libkv/api/proto/sessions.pb.h"

namespace tools::kvctl {
namespace {

using kv::rpc::Code;
using kv::rpc::UnaryResult;
using std::chrono::milliseconds;

/// Time that passes only when somebody waits.
struct VirtualTime {
  std::chrono::steady_clock::time_point now{std::chrono::hours(1)};
  ClientTime hands() {
    return {.now = [this] { return now; }, .pause = [this](milliseconds time) { now += time; }};
  }
};

/// What one endpoint does: the answers it gives in turn, the last one for ever; none: nobody listens.
struct Script {
  std::deque<UnaryResult> answers;
  std::deque<std::string> sessions;    // that it opens in turn; none: it knows of no such thing
  std::vector<milliseconds> timeouts;  // of the calls that came
  std::vector<kv::rpc::Metadata> metadata;
  int dials = 0;
};

class ScriptedChannel final : public kv::rpc::Channel {
 public:
  ScriptedChannel(Script& script, VirtualTime& time) : script_(script), time_(time) {}
  UnaryResult call(std::string_view path, std::string, kv::rpc::CallOptions options) override {
    if (path == kOpenSession.path) return open();
    const milliseconds timeout = options.timeout.value_or(milliseconds(0));
    script_.timeouts.push_back(timeout);
    script_.metadata.push_back(options.metadata);
    UnaryResult answer = script_.answers.front();
    if (script_.answers.size() > 1) script_.answers.pop_front();
    if (answer.status.code == Code::kDeadlineExceeded) time_.now += timeout;
    return answer;
  }
  void unary(std::string_view, std::string, kv::rpc::CallOptions,
             std::function<void(UnaryResult)> done) override {
    done({});
  }
  std::shared_ptr<kv::rpc::ClientStream> stream(std::string_view, kv::rpc::CallOptions,
                                                kv::rpc::StreamEvents) override {
    return nullptr;
  }
  [[nodiscard]] bool connected() const override { return true; }

 private:
  UnaryResult open() {
    if (script_.sessions.empty()) {
      return {.status = {Code::kUnimplemented, "unknown service kvd.Sessions"}, .response = {}, .sent = true};
    }
    kvd::OpenSessionResponse response;
    response.set_session(script_.sessions.front());
    script_.sessions.pop_front();
    return {.status = {}, .response = response.SerializeAsString(), .sent = true};
  }

  Script& script_;
  VirtualTime& time_;
};

class ScriptedDialer final : public Dialer {
 public:
  explicit ScriptedDialer(VirtualTime& time) : time_(time) {}
  raft::Result<std::shared_ptr<kv::rpc::Channel>> dial(const Endpoint& endpoint, milliseconds) override {
    Script& script = scripts[endpoint.text];
    ++script.dials;
    if (script.answers.empty()) return raft::fail(fault, endpoint.text, "Connection refused");
    return std::make_shared<ScriptedChannel>(script, time_);
  }
  std::map<std::string, Script> scripts;
  raft::ErrorCode fault = raft::ErrorCode::kUnavailable;

 private:
  VirtualTime& time_;
};

UnaryResult answer(std::string bytes) {
  return {.status = {}, .response = std::move(bytes), .sent = true};
}
UnaryResult failure(Code code, std::string text, bool sent = true) {
  return {.status = {code, std::move(text)}, .response = {}, .sent = sent};
}
UnaryResult no_answer() {
  return failure(Code::kDeadlineExceeded, "context deadline exceeded");
}

class ClientTest : public ::testing::Test {
 protected:
  Client& client() {
    if (!client_) client_.emplace(settings, dialer, &log, time.hands());
    return *client_;
  }
  Outcome<std::string> read() { return client().call(kRange, std::string("q")); }
  Outcome<std::string> write() { return client().call(kPut, std::string("q")); }

  VirtualTime time;
  ScriptedDialer dialer{time};
  Settings settings{.endpoints = {{.text = "a"}, {.text = "b"}}};
  std::ostringstream log;

 private:
  std::optional<Client> client_;
};

TEST_F(ClientTest, TheNextEndpointAnswersWhenTheFirstIsDown) {
  dialer.scripts["b"].answers = {answer("yes")};
  EXPECT_EQ(write().value(), "yes");
  EXPECT_EQ(log.str(),
            "debug: /kvd.Sessions/Open to a: could not connect: Connection refused\n"
            "debug: /kvd.Sessions/Open to b: unknown service kvd.Sessions\n"
            "debug: /etcdserverpb.KV/Put to b: answered\n");
}

TEST_F(ClientTest, TheEndpointThatAnsweredIsAskedFirstFromThenOn) {
  dialer.scripts["b"].answers = {answer("yes")};
  ASSERT_TRUE(write());
  ASSERT_TRUE(write());
  EXPECT_EQ(dialer.scripts["a"].dials, 1);
  EXPECT_EQ(dialer.scripts["b"].dials, 1);
}

TEST_F(ClientTest, NobodyReachableIsSaidForEachEndpointAfterTheDialTimeout) {
  const auto began = time.now;
  const auto outcome = write();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().exit, kExitUnavailable);
  EXPECT_EQ(outcome.error().text,
            "no endpoint could be reached: a: could not connect: Connection refused; "
            "b: could not connect: Connection refused");
  EXPECT_GT(time.now - began, milliseconds(1000));
  EXPECT_LT(time.now - began, milliseconds(2001));
}

TEST_F(ClientTest, AWriteThatWasNotAppliedIsTriedAgain) {
  dialer.scripts["a"].answers = {failure(Code::kUnavailable, "etcdserver: no leader")};
  dialer.scripts["b"].answers = {failure(Code::kUnavailable, "etcdserver: leader changed"),
                                 failure(Code::kUnavailable, "gone", false), answer("yes")};
  EXPECT_EQ(write().value(), "yes");
}

TEST_F(ClientTest, AWriteOfUnknownOutcomeIsSentOnce) {
  dialer.scripts["a"].answers = {failure(Code::kUnavailable, "a: connection lost: closed by the peer")};
  dialer.scripts["b"].answers = {answer("never asked")};
  const auto outcome = write();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error(),
            (Failure{kExitUnknown,
                     "outcome unknown: the request was sent, and may or may not have been applied; "
                     "a: connection lost: closed by the peer"}));
  EXPECT_EQ(dialer.scripts["b"].dials, 0);
}

TEST_F(ClientTest, AWriteWithoutAnAnswerIsUnknownAfterTheWholeTimeout) {
  dialer.scripts["a"].answers = {no_answer()};
  dialer.scripts["b"].answers = {answer("never asked")};
  const auto outcome = write();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().exit, kExitUnknown);
  EXPECT_NE(outcome.error().text.find("a: no answer within 5s"), std::string::npos);
  EXPECT_EQ(dialer.scripts["a"].timeouts, (std::vector<milliseconds>{settings.timeout}));
}

TEST_F(ClientTest, AReadAsksTheNextEndpointInTime) {
  dialer.scripts["a"].answers = {no_answer()};
  dialer.scripts["b"].answers = {answer("yes")};
  EXPECT_EQ(read().value(), "yes");
  EXPECT_EQ(dialer.scripts["a"].timeouts, (std::vector<milliseconds>{milliseconds(2500)}));
}

TEST_F(ClientTest, AReadThatNobodyAnswersTimesOutAndSaysSo) {
  dialer.scripts["a"].answers = {no_answer()};
  const auto outcome = read();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().exit, kExitTimeout);
  EXPECT_EQ(outcome.error().text.find("timed out after 5s: a: no answer within "), 0U);
  EXPECT_NE(outcome.error().text.find("b: could not connect: Connection refused"), std::string::npos);
}

TEST_F(ClientTest, NoLeaderUntilTheEndIsNotNow) {
  settings.endpoints = {{.text = "a"}};
  dialer.scripts["a"].answers = {failure(Code::kUnavailable, "etcdserver: no leader")};
  const auto outcome = write();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error(),
            (Failure{kExitTemporary, "not done within 5s (nothing was applied): a: etcdserver: no leader"}));
}

TEST_F(ClientTest, ARefusalIsTheServersOwnText) {
  dialer.scripts["a"].answers = {failure(Code::kInvalidArgument, "etcdserver: key is not provided")};
  EXPECT_EQ(write().error(), (Failure{kExitUsage, "etcdserver: key is not provided"}));
  EXPECT_EQ(dialer.scripts["a"].timeouts.size(), 1U);
}

TEST_F(ClientTest, ACertificateThatCannotBeReadIsNotTriedElsewhere) {
  dialer.fault = raft::ErrorCode::kInvalidArgument;
  EXPECT_EQ(write().error(), (Failure{kExitNoPermission, "a: Connection refused"}));
  EXPECT_EQ(dialer.scripts["b"].dials, 0);
}

TEST_F(ClientTest, WithoutATimeoutCallsHaveNone) {
  settings.timeout = milliseconds(0);
  dialer.scripts["a"].answers = {answer("yes")};
  ASSERT_TRUE(read());
  EXPECT_EQ(dialer.scripts["a"].timeouts, (std::vector<milliseconds>{milliseconds(0)}));
}

TEST_F(ClientTest, AnAnswerThatIsNoMessageIsAProtocolFault) {
  dialer.scripts["a"].answers = {answer("\xff\xff")};
  const auto outcome = client().call<etcdserverpb::RangeResponse>(kRange, etcdserverpb::RangeRequest());
  EXPECT_EQ(outcome.error().exit, kExitProtocol);
}

class AUser : public ClientTest {
 protected:
  AUser() {
    settings.user = "root";
    settings.password = "secret";
  }
  static UnaryResult token(std::string text) {
    etcdserverpb::AuthenticateResponse response;
    response.set_token(std::move(text));
    return answer(response.SerializeAsString());
  }
  static UnaryResult not_taken() { return failure(Code::kUnauthenticated, "etcdserver: invalid auth token"); }
};

TEST_F(AUser, LogsInOnceAndShowsTheToken) {
  dialer.scripts["a"].answers = {token("t1"), answer("yes")};
  ASSERT_TRUE(read());
  ASSERT_TRUE(read());
  const auto& metadata = dialer.scripts["a"].metadata;
  ASSERT_EQ(metadata.size(), 3U);
  EXPECT_TRUE(metadata[0].empty());
  EXPECT_EQ(metadata[2], (kv::rpc::Metadata{{"token", "t1"}}));
}

TEST_F(AUser, GetsAnotherTokenForOneThatIsNotTaken) {
  dialer.scripts["a"].answers = {
      token("t1"), not_taken(),
      token("t2"), failure(Code::kInvalidArgument, "etcdserver: revision of auth store is old"),
      token("t3"), answer("yes")};
  EXPECT_EQ(read().value(), "yes");
  EXPECT_EQ(dialer.scripts["a"].metadata.back(), (kv::rpc::Metadata{{"token", "t3"}}));
}

TEST_F(AUser, GivesUpWhenNoTokenIsTaken) {
  dialer.scripts["a"].answers = {token("1"), not_taken(), token("2"), not_taken(),
                                 token("3"), not_taken(), token("4"), not_taken()};
  EXPECT_EQ(read().error(), (Failure{kExitNoPermission, "etcdserver: invalid auth token"}));
}

TEST_F(AUser, LogsInWhenAuthenticationIsEnabledMeanwhile) {
  dialer.scripts["a"].answers = {
      failure(Code::kFailedPrecondition, "etcdserver: authentication is not enabled"),
      failure(Code::kInvalidArgument, "etcdserver: user name is empty"), token("t"), answer("yes")};
  EXPECT_EQ(read().value(), "yes");
}

TEST_F(AUser, WithTheWrongPasswordHasNoPermission) {
  const std::string text = "etcdserver: authentication failed, invalid user ID or password";
  dialer.scripts["a"].answers = {failure(Code::kInvalidArgument, text)};
  EXPECT_EQ(write().error(), (Failure{kExitNoPermission, text}));
  EXPECT_EQ(dialer.scripts["a"].metadata.size(), 1U);
}

TEST_F(AUser, SharesTheTokenWithAnotherClientOfTheSame) {
  dialer.scripts["a"].answers = {token("t"), answer("yes")};
  ASSERT_TRUE(read());
  Client other(client(), settings, dialer);
  ASSERT_TRUE(other.call(kRange, std::string("q")));
  EXPECT_EQ(dialer.scripts["a"].metadata.back(), (kv::rpc::Metadata{{"token", "t"}}));
}

TEST_F(AUser, IsNoFaultWhereThereIsNoAuthentication) {
  dialer.scripts["a"].answers = {
      failure(Code::kFailedPrecondition, "etcdserver: authentication is not enabled"), answer("yes")};
  EXPECT_EQ(read().value(), "yes");
}

class InASession : public ClientTest {
 protected:
  static kv::rpc::Metadata tag(const std::string& session, int sequence, int acknowledged) {
    return {{"kvd-session", session},
            {"kvd-sequence", std::to_string(sequence)},
            {"kvd-acknowledged", std::to_string(acknowledged)}};
  }
  static UnaryResult lost() { return failure(Code::kUnavailable, "connection lost"); }

  Script& a = dialer.scripts["a"];
  Script& b = dialer.scripts["b"];
};

TEST_F(InASession, AWriteWhoseAnswerWasLostIsSentAgainUnderItsNumber) {
  a.sessions = {"s"};
  a.answers = {lost(), answer("two")};
  b.answers = {failure(Code::kUnavailable, "etcdserver: request timed out"), answer("one")};
  EXPECT_EQ(write().value(), "two");
  ASSERT_EQ(a.metadata.size() + b.metadata.size(), 3U);
  EXPECT_EQ(a.metadata[0], tag("s", 1, 0));
  EXPECT_EQ(b.metadata[0], tag("s", 1, 0));
  ASSERT_TRUE(write());
  EXPECT_EQ(a.metadata.back(), tag("s", 2, 1));
}

TEST_F(InASession, AWriteThatNobodyAnswersIsUnknownAtTheEnd) {
  a.sessions = {"s"};
  a.answers = {lost()};
  b.answers = {failure(Code::kUnavailable, "etcdserver: no leader")};
  const auto began = time.now;
  EXPECT_EQ(write().error().exit, kExitUnknown);
  EXPECT_GT(time.now - began, milliseconds(4000));
  EXPECT_GT(b.metadata.size(), 5U);
}

TEST_F(InASession, ASilentEndpointLeavesTimeForTheOthers) {
  a.sessions = {"s"};
  a.answers = {no_answer()};
  b.answers = {answer("yes")};
  EXPECT_EQ(write().value(), "yes");
  EXPECT_EQ(a.timeouts, (std::vector<milliseconds>{milliseconds(2500)}));
}

TEST_F(InASession, AWriteIsSentAgainUnderItsNumberWhenOnlyItsTokenWasRefused) {
  settings.user = "root";
  settings.password = "secret";
  etcdserverpb::AuthenticateResponse token;
  token.set_token("t");
  a.sessions = {"s"};
  b.answers = {failure(Code::kUnauthenticated, "etcdserver: invalid auth token"), answer("done")};
  a.answers = {answer(token.SerializeAsString()), lost(), answer(token.SerializeAsString())};
  EXPECT_EQ(write().value(), "done");
  EXPECT_EQ(b.metadata[0], b.metadata[1]);
  EXPECT_EQ(b.metadata[1][1], (std::pair<std::string, std::string>{"kvd-sequence", "1"}));
}

TEST_F(InASession, WhatTheLogRefusesSettlesAllAttempts) {
  a.sessions = {"s"};
  a.answers = {lost()};
  b.answers = {failure(Code::kNotFound, "etcdserver: requested lease not found")};
  EXPECT_EQ(write().error(), (Failure{kExitNo, "etcdserver: requested lease not found"}));
}

TEST_F(InASession, WhatOneMemberRefusesSettlesNothing) {
  for (const auto& refusal : {failure(Code::kPermissionDenied, "etcdserver: permission denied"),
                              failure(Code::kInvalidArgument, "etcdserver: request is too large"),
                              failure(Code::kFailedPrecondition, "kvd: session expired: nothing is known"),
                              failure(Code::kFailedPrecondition, "kvd: applied before, but")}) {
    a.sessions = {"s", "another"};
    a.answers = {lost()};
    b.answers = {refusal};
    Client fresh(settings, dialer, nullptr, time.hands());
    EXPECT_EQ(fresh.call(kPut, std::string("q")).error().exit, kExitUnknown) << refusal.status.message;
    a.sessions.clear();
  }
}

TEST_F(InASession, AnExpiredOneIsReplacedBeforeAnythingWasSentInVain) {
  a.sessions = {"old", "new"};
  a.answers = {answer("one"), failure(Code::kFailedPrecondition, "kvd: session expired: nothing"),
               answer("two")};
  ASSERT_TRUE(write());
  EXPECT_EQ(write().value(), "two");
  EXPECT_EQ(a.metadata.back(), tag("new", 1, 0));
}

}  // namespace
}  // namespace tools::kvctl
