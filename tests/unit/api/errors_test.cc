#include "libkv/api/errors.h"

#include <gtest/gtest.h>

#include <string_view>

namespace kv::api {
namespace {

using rpc::Code;
using rpc::Status;

// Contract section 5: clients compare the texts byte by byte, and retry by the code.
template <class Error>
struct Row {
  Error error;
  Code code;
  std::string_view text;
};

template <class Error, std::size_t kCount>
void expect_rows(const Row<Error> (&rows)[kCount]) {
  for (const auto& row : rows) EXPECT_EQ(status_of(row.error), (Status{row.code, std::string(row.text)}));
}

TEST(Errors, OfTheApiItself) {
  expect_rows<ApiError>({
      {ApiError::kEmptyKey, Code::kInvalidArgument, "etcdserver: key is not provided"},
      {ApiError::kKeyNotFound, Code::kInvalidArgument, "etcdserver: key not found"},
      {ApiError::kValueProvided, Code::kInvalidArgument, "etcdserver: value is provided"},
      {ApiError::kLeaseProvided, Code::kInvalidArgument, "etcdserver: lease is provided"},
      {ApiError::kTooManyOps, Code::kInvalidArgument, "etcdserver: too many operations in txn request"},
      {ApiError::kDuplicateKey, Code::kInvalidArgument, "etcdserver: duplicate key given in txn request"},
      {ApiError::kInvalidSortOption, Code::kInvalidArgument, "etcdserver: invalid sort option"},
      {ApiError::kInvalidClientVersion, Code::kInvalidArgument, "etcdserver: invalid client api version"},
      {ApiError::kNotSupportedForLearner, Code::kFailedPrecondition,
       "etcdserver: rpc not supported for learner"},
      {ApiError::kNoLeader, Code::kUnavailable, "etcdserver: no leader"},
      {ApiError::kResponseTooLarge, Code::kResourceExhausted,
       "grpc: trying to send message larger than max 2147483647"},
      {ApiError::kBadUrls, Code::kInvalidArgument, "etcdserver: given member URLs are invalid"},
      {ApiError::kDowngradeFormat, Code::kInvalidArgument,
       "etcdserver: wrong downgrade target version format"},
      {ApiError::kDowngradeTarget, Code::kInvalidArgument, "etcdserver: invalid downgrade target version"},
      {ApiError::kNoDowngrade, Code::kFailedPrecondition, "etcdserver: no inflight downgrade job"},
  });
  const Status bad = status_of(ApiError::kBadMessage);
  EXPECT_EQ(bad.code, Code::kInternal);
  EXPECT_TRUE(bad.message.starts_with("grpc: error unmarshalling request: "));
}

TEST(Errors, OfTheStore) {
  expect_rows<KvError>({
      {KvError::kKeyNotFound, Code::kInvalidArgument, "etcdserver: key not found"},
      {KvError::kLeaseNotFound, Code::kNotFound, "etcdserver: requested lease not found"},
      {KvError::kCompacted, Code::kOutOfRange, "etcdserver: mvcc: required revision has been compacted"},
      {KvError::kFutureRevision, Code::kOutOfRange,
       "etcdserver: mvcc: required revision is a future revision"},
      {KvError::kNoSpace, Code::kResourceExhausted, "etcdserver: mvcc: database space exceeded"},
      {KvError::kCorrupt, Code::kDataLoss, "etcdserver: corrupt cluster"},
      {KvError::kUnknownCommand, Code::kFailedPrecondition, "etcdserver: not capable"},
      {KvError::kMemberExists, Code::kFailedPrecondition, "etcdserver: member ID already exist"},
      {KvError::kPeerUrlExists, Code::kFailedPrecondition, "etcdserver: Peer URLs already exists"},
      {KvError::kMemberNotFound, Code::kNotFound, "etcdserver: member not found"},
      {KvError::kNotLearner, Code::kFailedPrecondition, "etcdserver: can only promote a learner member"},
      {KvError::kTooManyLearners, Code::kFailedPrecondition,
       "etcdserver: too many learner members in cluster"},
      {KvError::kTooManyMembers, Code::kFailedPrecondition, "kvd: too many members in cluster"},
      {KvError::kNotEnoughStarted, Code::kUnknown,
       "etcdserver: re-configuration failed due to not enough started members"},
      {KvError::kBeingReplaced, Code::kFailedPrecondition, "kvd: the member is being replaced already"},
  });
}

TEST(Errors, OfTheMember) {
  expect_rows<ServerError>({
      {ServerError::kTimeout, Code::kUnavailable, "etcdserver: request timed out"},
      {ServerError::kTimeoutLeaderFailure, Code::kUnavailable,
       "etcdserver: request timed out, possibly due to previous leader failure"},
      {ServerError::kTimeoutConnectionLost, Code::kUnavailable,
       "etcdserver: request timed out, possibly due to connection lost"},
      {ServerError::kLeaderChanged, Code::kUnavailable, "etcdserver: leader changed"},
      {ServerError::kNoLeader, Code::kUnavailable, "etcdserver: no leader"},
      {ServerError::kStopped, Code::kUnavailable, "etcdserver: server stopped"},
      {ServerError::kTooManyRequests, Code::kResourceExhausted, "etcdserver: too many requests"},
      {ServerError::kTooLarge, Code::kInvalidArgument, "etcdserver: request is too large"},
      {ServerError::kUnhealthy, Code::kUnavailable, "etcdserver: unhealthy cluster"},
      {ServerError::kNotEnoughStarted, Code::kUnknown,
       "etcdserver: re-configuration failed due to not enough started members"},
      {ServerError::kLearnerNotReady, Code::kFailedPrecondition,
       "etcdserver: can only promote a learner member which is in sync with leader"},
      {ServerError::kNotLeader, Code::kFailedPrecondition, "etcdserver: not leader"},
      {ServerError::kBadTransferee, Code::kFailedPrecondition, "etcdserver: bad leader transferee"},
      {ServerError::kTransferTimeout, Code::kUnknown,
       "etcdserver: request timed out, leader transfer took too long"},
  });
}

TEST(Errors, AFaultOfTheDiskIsInternalAndTellsNoSecrets) {
  ReadFault fault{.refused = std::nullopt,
                  .broken = raft::Error{raft::ErrorCode::kIo, "/var/lib/x", "bad block"}};
  const Status status = status_of(fault);
  EXPECT_EQ(status.code, Code::kInternal);
  EXPECT_EQ(status.message.find("/var/lib"), std::string::npos);
}

TEST(Errors, ARefusedReadIsTheStoresRefusal) {
  const ReadFault fault{.refused = KvError::kCompacted, .broken = std::nullopt};
  EXPECT_EQ(status_of(fault), status_of(KvError::kCompacted));
}

}  // namespace
}  // namespace kv::api
