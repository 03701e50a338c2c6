#include "tests/unit/api/services_fixture.h"

namespace kv::api {
namespace {

using etcdserverpb::MemberAddRequest;
using etcdserverpb::MemberAddResponse;
using rpc::Code;

const std::string kCluster = "/etcdserverpb.Cluster/";

/// The fake's one member has the id 7 and the peer URL http://p:1.
class ClusterServiceTest : public ServicesTest {
 protected:
  static MemberAddRequest joining(const std::string& url) {
    MemberAddRequest request;
    request.add_peerurls(url);
    return request;
  }
  MemberAddResponse add(const MemberAddRequest& request) {
    return call<MemberAddResponse>(kCluster + "MemberAdd", request);
  }
  std::string add_refusal(const MemberAddRequest& request) {
    return refusal(kCluster + "MemberAdd", request).message;
  }
  template <class Request>
  static Request of(std::uint64_t id) {
    Request request;
    request.set_id(id);
    return request;
  }
};

TEST_F(ClusterServiceTest, AnAddedMemberIsUnstartedAndItsUrlsAreSorted) {
  MemberAddRequest request = joining("http://z:1");
  request.add_peerurls(" http://b:1");
  const auto added = add(request);
  EXPECT_NE(added.member().id(), 0U);
  EXPECT_EQ(added.member().name(), "");
  ASSERT_EQ(added.member().peerurls_size(), 2);
  EXPECT_EQ(added.member().peerurls(0), "http://b:1");
  EXPECT_EQ(added.member().clienturls_size(), 0);
  EXPECT_FALSE(added.member().islearner());
  EXPECT_EQ(added.members_size(), 2);
  EXPECT_EQ(added.header().member_id(), 7U);
  EXPECT_EQ(added.header().cluster_id(), 0xc1U);
  EXPECT_EQ(added.header().revision(), 0);
}

TEST_F(ClusterServiceTest, UrlsThatAreNoneAreRefused) {
  EXPECT_EQ(add_refusal(MemberAddRequest()), "etcdserver: given member URLs are invalid");
  EXPECT_EQ(refusal(kCluster + "MemberAdd", joining("p:1")).code, Code::kInvalidArgument);
  auto update = of<etcdserverpb::MemberUpdateRequest>(7);
  update.add_peerurls("http://p:1/path");
  EXPECT_EQ(refusal(kCluster + "MemberUpdate", update).message, "etcdserver: given member URLs are invalid");
}

TEST_F(ClusterServiceTest, WhatTheTableRefusesIsTold) {
  EXPECT_EQ(add_refusal(joining("http://p:1")), "etcdserver: Peer URLs already exists");
  EXPECT_EQ(refusal(kCluster + "MemberRemove", of<etcdserverpb::MemberRemoveRequest>(9)),
            (rpc::Status{Code::kNotFound, "etcdserver: member not found"}));
  EXPECT_EQ(refusal(kCluster + "MemberPromote", of<etcdserverpb::MemberPromoteRequest>(9)).code,
            Code::kNotFound);
  EXPECT_EQ(refusal(kCluster + "MemberPromote", of<etcdserverpb::MemberPromoteRequest>(7)),
            (rpc::Status{Code::kFailedPrecondition, "etcdserver: can only promote a learner member"}));
  auto update = of<etcdserverpb::MemberUpdateRequest>(9);
  update.add_peerurls("http://x:1");
  EXPECT_EQ(refusal(kCluster + "MemberUpdate", update).code, Code::kNotFound);
}

TEST_F(ClusterServiceTest, LearnersAreLimitedByTheOption) {
  MemberAddRequest first = joining("http://a:1");
  first.set_islearner(true);
  EXPECT_TRUE(add(first).member().islearner());
  MemberAddRequest second = joining("http://b:1");
  second.set_islearner(true);
  EXPECT_EQ(add_refusal(second), "etcdserver: too many learner members in cluster");
  context_.options.learners_max = 2;
  EXPECT_TRUE(add(second).member().islearner());
}

TEST_F(ClusterServiceTest, ALearnerIsPromotedUpdatedAndRemoved) {
  MemberAddRequest request = joining("http://a:1");
  request.set_islearner(true);
  const std::uint64_t id = add(request).member().id();
  auto update = of<etcdserverpb::MemberUpdateRequest>(id);
  update.add_peerurls("http://y:1");
  update.add_peerurls("http://x:1");
  const auto updated = call<etcdserverpb::MemberUpdateResponse>(kCluster + "MemberUpdate", update);
  ASSERT_EQ(updated.members_size(), 2);
  EXPECT_EQ(updated.members(1).peerurls(0), "http://y:1") << "an update keeps the order that was given";
  EXPECT_TRUE(updated.members(1).islearner());
  const auto promoted = call<etcdserverpb::MemberPromoteResponse>(kCluster + "MemberPromote",
                                                                  of<etcdserverpb::MemberPromoteRequest>(id));
  EXPECT_FALSE(promoted.members(1).islearner());
  const auto removed = call<etcdserverpb::MemberRemoveResponse>(kCluster + "MemberRemove",
                                                                of<etcdserverpb::MemberRemoveRequest>(id));
  ASSERT_EQ(removed.members_size(), 1);
  EXPECT_EQ(removed.members(0).id(), 7U);
}

TEST_F(ClusterServiceTest, OursSayWhatBecomesOfALearner) {
  MemberAddRequest request = joining("http://p:1");
  request.set_replaces(7);
  const auto added = add(request);
  EXPECT_TRUE(added.member().islearner());
  EXPECT_TRUE(added.member().promotewhencaughtup());
  EXPECT_EQ(added.member().replaces(), 7U);
  MemberAddRequest another = joining("http://b:1");
  another.set_promotewhencaughtup(true);
  EXPECT_TRUE(add(another).member().islearner());
}

TEST_F(ClusterServiceTest, WhatIsRefusedBeforeTheProposalChangesNothing) {
  member_.change_refused = ServerError::kUnhealthy;
  EXPECT_EQ(add_refusal(joining("http://a:1")), "etcdserver: unhealthy cluster");
  member_.change_refused = ServerError::kNotEnoughStarted;
  EXPECT_EQ(refusal(kCluster + "MemberRemove", of<etcdserverpb::MemberRemoveRequest>(7)).message,
            "etcdserver: re-configuration failed due to not enough started members");
  EXPECT_EQ(member_.members().size(), 1U);
}

TEST_F(ClusterServiceTest, ALearnerChangesNoMembersAndLeadsNobody) {
  member_.learner = true;
  for (const char* method : {"MemberAdd", "MemberRemove", "MemberUpdate", "MemberList", "MemberPromote"}) {
    EXPECT_EQ(raw(kCluster + method, "").status.message, "etcdserver: rpc not supported for learner")
        << method;
  }
  EXPECT_EQ(raw("/etcdserverpb.Maintenance/MoveLeader", "").status.message,
            "etcdserver: rpc not supported for learner");
}

TEST_F(ClusterServiceTest, LeadershipMovesWithoutAHeader) {
  etcdserverpb::MoveLeaderRequest request;
  request.set_targetid(9);
  const auto moved = call<etcdserverpb::MoveLeaderResponse>("/etcdserverpb.Maintenance/MoveLeader", request);
  EXPECT_FALSE(moved.has_header());
  EXPECT_EQ(member_.moved_to, raft::NodeId(9));
  member_.failure = RequestFailure{ServerError::kNotLeader};
  EXPECT_EQ(refusal("/etcdserverpb.Maintenance/MoveLeader", request),
            (rpc::Status{Code::kFailedPrecondition, "etcdserver: not leader"}));
}

}  // namespace
}  // namespace kv::api
