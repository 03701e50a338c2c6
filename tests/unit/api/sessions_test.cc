#include "libkv/api/sessions.h"

#include "libkv/api/proto/sessions.pb.h"
#include "tests/unit/api/services_fixture.h"

namespace kv::api {
namespace {

using rpc::Code;

class Sessions : public ServicesTest {
 protected:
  std::string open() {
    return call<kvd::OpenSessionResponse>("/kvd.Sessions/Open", kvd::OpenSessionRequest()).session();
  }
  static rpc::Metadata tag(const std::string& session, std::uint64_t sequence) {
    return {{"kvd-session", session}, {"kvd-sequence", std::to_string(sequence)}};
  }
  template <class Response, class Request>
  Response write(const std::string& method, const Request& request, const rpc::Metadata& metadata) {
    const rpc::UnaryResult result = raw(method, request.SerializeAsString(), metadata);
    EXPECT_EQ(result.status, rpc::Status{});
    Response response;
    EXPECT_TRUE(response.ParseFromString(result.response));
    return response;
  }
  etcdserverpb::PutResponse put_once(const rpc::Metadata& metadata) {
    return write<etcdserverpb::PutResponse>("/etcdserverpb.KV/Put", put_request(), metadata);
  }
  static etcdserverpb::PutRequest put_request() {
    etcdserverpb::PutRequest request;
    request.set_key("k");
    request.set_value("v");
    request.set_prev_kv(true);
    return request;
  }
  std::int64_t version_of(const std::string& key) {
    const auto found = call<etcdserverpb::RangeResponse>("/etcdserverpb.KV/Range", range(key));
    return found.kvs_size() == 0 ? 0 : found.kvs(0).version();
  }
  rpc::Status refused(rpc::Metadata metadata) {
    return refusal("/etcdserverpb.KV/Put", put_request(), std::move(metadata));
  }
};

TEST_F(Sessions, ARetryGetsTheFirstAnswerByteByByte) {
  const std::string session = open();
  put("k", "before");
  const std::string request = put_request().SerializeAsString();
  const auto first = raw("/etcdserverpb.KV/Put", request, tag(session, 1));
  put("k", "after");
  const auto again = raw("/etcdserverpb.KV/Put", request, tag(session, 1));
  EXPECT_TRUE(again.status.ok());
  EXPECT_EQ(again.response, first.response);
  EXPECT_EQ(version_of("k"), 3);
}

TEST_F(Sessions, AnotherNumberIsAnotherWrite) {
  const std::string session = open();
  put_once(tag(session, 1));
  EXPECT_EQ(put_once(tag(session, 2)).prev_kv().version(), 1);
  EXPECT_EQ(put_once(tag(open(), 1)).prev_kv().version(), 2);
}

TEST_F(Sessions, ALeaseIsGrantedOnceThoughItsIdIsDrawn) {
  const std::string session = open();
  etcdserverpb::LeaseGrantRequest grant;
  grant.set_ttl(60);
  const auto method = "/etcdserverpb.Lease/LeaseGrant";
  const auto first = write<etcdserverpb::LeaseGrantResponse>(method, grant, tag(session, 1));
  const auto again = write<etcdserverpb::LeaseGrantResponse>(method, grant, tag(session, 1));
  EXPECT_EQ(again.id(), first.id());
  EXPECT_EQ(member_.lease_ids().size(), 1U);
}

TEST_F(Sessions, WhatWasAcknowledgedIsNotMadeAgain) {
  const std::string session = open();
  put_once(tag(session, 1));
  auto second = tag(session, 2);
  second.emplace_back("kvd-acknowledged", "1");
  put_once(second);
  const rpc::Status status = refused(tag(session, 1));
  EXPECT_EQ(status.code, Code::kFailedPrecondition);
  EXPECT_TRUE(status.message.starts_with("kvd: session sequence forgotten")) << status.message;
  EXPECT_EQ(version_of("k"), 2);
}

TEST_F(Sessions, OneOfAnotherClusterHasExpired) {
  const std::string other = session_text(0xbeef, {.birth = 0, .nonce = 1});
  EXPECT_TRUE(refused(tag(other, 1)).message.starts_with("kvd: session expired"));
  const std::string future = session_text(0xc1, {.birth = 1000, .nonce = 1});
  EXPECT_TRUE(refused(tag(future, 1)).message.starts_with("kvd: session expired"));
  EXPECT_EQ(version_of("k"), 0);
}

TEST_F(Sessions, WhatIsMalformedIsAnInvalidArgument) {
  const std::string session = open();
  EXPECT_EQ(session.size(), 48U);
  const std::vector<rpc::Metadata> bad{
      {{"kvd-session", session}},
      {{"kvd-sequence", "1"}},
      {{"kvd-acknowledged", "1"}},
      tag(session, 0),
      tag("", 1),
      tag(session + "0", 1),
      tag("x" + session.substr(1), 1),
      {{"kvd-session", session}, {"kvd-sequence", "-1"}},
      {{"kvd-session", session}, {"kvd-sequence", "99999999999999999999"}},
      {{"kvd-session", session}, {"kvd-sequence", "1"}, {"kvd-acknowledged", "1"}},
      {{"kvd-session", session}, {"kvd-sequence", "2"}, {"kvd-acknowledged", ""}}};
  for (const rpc::Metadata& metadata : bad) {
    const rpc::Status status = refused(metadata);
    EXPECT_EQ(status.code, Code::kInvalidArgument);
    EXPECT_TRUE(status.message.starts_with("kvd: kvd-")) << status.message;
  }
  EXPECT_EQ(version_of("k"), 0);
}

TEST_F(Sessions, ThereAreNoneWhereAMemberDoesNotKnowThem) {
  member_.command_version = kSessionsVersion - 1;
  EXPECT_EQ(raw("/kvd.Sessions/Open", "").status.code, Code::kUnimplemented);
}

TEST_F(Sessions, ALearnerOpensNone) {
  member_.learner = true;
  EXPECT_EQ(raw("/kvd.Sessions/Open", "").status.message, "etcdserver: rpc not supported for learner");
}

}  // namespace
}  // namespace kv::api
