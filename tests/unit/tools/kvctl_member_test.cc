// The commands that are about members: as etcdctl prints them, and ours.
#include "tests/unit/tools/kvctl_fixture.h"
#include "tools/common/exit_codes.h"
#include "tools/common/join_token.h"

namespace tools::kvctl {
namespace {

using KvctlMember = Kvctl;

TEST_F(KvctlMember, AddPrintsWhatTheNewServerIsStartedWith) {
  EXPECT_EQ(
      run({"member", "add", "two", "--peer-urls", "http://b:1,http://a:1"}),
      ok("Member             def0 added to cluster               c1\n"
         "\n"
         "ETCD_NAME=\"two\"\n"
         "ETCD_INITIAL_CLUSTER=\"one=http://127.0.0.1:1,two=http://b:1,two=http://a:1\"\n"
         "ETCD_INITIAL_ADVERTISE_PEER_URLS=\"http://b:1,http://a:1\"\n"
         "ETCD_INITIAL_CLUSTER_STATE=\"existing\"\n"
         "\n"
         "# kvd join --peer http://127.0.0.1:1 --token " +
         encode_join_token(
             {.cluster = 0xc1, .member = 0xdef0, .name = "two", .peer_urls = {"http://b:1", "http://a:1"}}) +
         "\n"));
}

TEST_F(KvctlMember, LearnersAreAddedAndPromoted) {
  const Ran added = run({"member", "add", "two", "--learner", "--peer-urls=http://b:1"});
  EXPECT_TRUE(
      added.out.starts_with("Member             def0 added as learner to cluster               c1\n"));
  EXPECT_EQ(run({"member", "list"}).out, "abc, started, one, http://127.0.0.1:1, http://" + etcd.endpoint() +
                                             ", false\ndef0, unstarted, , http://b:1, , true\n");
  EXPECT_EQ(run({"member", "promote", "def0"}),
            ok("Member             def0 promoted in cluster               c1\n"));
  EXPECT_TRUE(run({"member", "list"}).out.ends_with(", false\n"));
}

TEST_F(KvctlMember, UpdateAndRemoveNameTheMember) {
  run({"member", "add", "two", "--peer-urls=http://b:1"});
  EXPECT_EQ(run({"member", "update", "def0", "--peer-urls", "http://c:1"}),
            ok("Member             def0 updated in cluster               c1\n"));
  EXPECT_NE(run({"member", "list"}).out.find("def0, unstarted, , http://c:1"), std::string::npos);
  EXPECT_EQ(run({"member", "remove", "def0"}),
            ok("Member             def0 removed from cluster               c1\n"));
  EXPECT_EQ(run({"member", "list"}).out.find("def0"), std::string::npos);
}

TEST_F(KvctlMember, ChangesHaveTheFormatsOfEtcdctl) {
  EXPECT_EQ(run({"member", "add", "two", "--peer-urls=http://b:1", "-w", "json"}).out.substr(0, 90),
            "{\"header\":{\"cluster_id\":193,\"revision\":1},\"member\":{\"ID\":57072,\"peerURLs\":"
            "[\"http://b:1\"]},");
  EXPECT_EQ(
      run({"member", "remove", "def0", "-w", "fields"}),
      ok("\"ClusterID\" : 193\n\"MemberID\" : 0\n\"Revision\" : 1\n\"RaftTerm\" : 0\n\"ID\" : 57072\n"));
  EXPECT_EQ(run({"member", "remove", "def0", "-w", "table"}).exit, kExitUsage);
}

TEST_F(KvctlMember, AReplacementTakesOverByItself) {
  const Ran replaced = run({"member", "replace", "abc", "two", "--peer-urls=http://127.0.0.1:1"});
  EXPECT_EQ(replaced.exit, 0);
  EXPECT_TRUE(replaced.out.starts_with("Member             def0 added as learner to"));
  EXPECT_NE(run({"member", "list", "-w", "json"}).out.find("\"replaces\":2748"), std::string::npos);
}

TEST_F(KvctlMember, AServerThatDoesNotPromoteOrReplaceByItselfIsTold) {
  etcd.forget_our_fields();
  const Ran added = run({"member", "add", "two", "--promote", "--peer-urls=http://b:1"});
  EXPECT_EQ(added.exit, kExitProtocol);
  EXPECT_NE(added.err.find("kvctl member promote def0"), std::string::npos) << added.err;
  const Ran replaced = run({"member", "replace", "abc", "three", "--peer-urls=http://c:1"});
  EXPECT_EQ(replaced.exit, kExitProtocol);
  EXPECT_NE(replaced.err.find("kvctl member promote def1, then kvctl member remove abc"), std::string::npos)
      << replaced.err;
}

TEST_F(KvctlMember, MisuseIsToldBeforeAnythingIsAsked) {
  EXPECT_EQ(run({"member", "add", "two"}).exit, kExitUsage);
  EXPECT_EQ(run({"member", "add", "--peer-urls=http://b:1"}).exit, kExitUsage);
  EXPECT_EQ(run({"member", "remove", "xyz"}).err,
            "Error: bad member ID \"xyz\": it must be hexadecimal, as member list prints it\n");
  EXPECT_EQ(run({"member", "remove", "11112222333344445"}).exit, kExitUsage);
  EXPECT_EQ(run({"member", "update", "abc"}).exit, kExitUsage);
  EXPECT_EQ(run({"wait", "member", "abc", "happy"}).exit, kExitUsage);
  EXPECT_EQ(run({"wait"}).exit, kExitUsage);
}

TEST_F(KvctlMember, MoveLeaderFindsTheLeaderItself) {
  EXPECT_EQ(run({"move-leader", "def0"}), ok("Leadership transferred from abc to def0\n"));
  const Ran away = run({"move-leader", "abc", "--dial-timeout=100ms"});
  EXPECT_EQ(away.exit, kExitUnavailable) << "the new leader listens nowhere";
  etcd.let_lead(0);
  EXPECT_EQ(run({"move-leader", "abc"}).exit, kExitTemporary);
}

TEST_F(KvctlMember, WaitingEndsWhenItIsSo) {
  EXPECT_EQ(run({"wait", "quorum"}), ok(""));
  EXPECT_EQ(run({"wait", "leader"}), ok(""));
  EXPECT_EQ(run({"wait", "member", "abc"}), ok(""));
  EXPECT_EQ(run({"wait", "member", "abc", "voter"}), ok(""));
  EXPECT_EQ(run({"wait", "member", "eee", "gone"}), ok(""));
  EXPECT_EQ(run({"wait", "member", "eee"}), (Ran{kExitNo, "", "Error: there is no member eee\n"}));
}

TEST_F(KvctlMember, WaitingEndsWithItsTime) {
  run({"member", "add", "two", "--learner", "--peer-urls=http://b:1"});
  EXPECT_EQ(run({"wait", "member", "def0", "--timeout=200ms"}).exit, kExitTimeout);
  EXPECT_EQ(run({"wait", "member", "def0", "voter", "--timeout=200ms"}).err,
            "Error: not so within 200ms: the member is a learner\n");
  EXPECT_EQ(run({"wait", "member", "def0", "gone", "--timeout=200ms"}).exit, kExitTimeout);
  etcd.let_lead(0);
  EXPECT_EQ(run({"wait", "leader", "--timeout=200ms"}).err,
            "Error: not so within 200ms: there is no leader\n");
  EXPECT_EQ(run({"wait", "leader", "--timeout=200ms", "--endpoints=127.0.0.1:1"}).exit, kExitTimeout);
}

TEST_F(KvctlMember, StatusIsPrintedAgain) {
  const std::string once = run({"status"}).out;
  EXPECT_EQ(run({"status", "--watch=1ms", "--times=3"}), ok(once + "\n" + once + "\n" + once));
}

}  // namespace
}  // namespace tools::kvctl
