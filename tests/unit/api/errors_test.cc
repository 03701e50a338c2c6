#include "libkv/api/errors.h"

#include <gtest/gtest.h>

namespace kv::api {
namespace {

using rpc::Code;
using rpc::Status;

// Contract section 5: clients compare the texts byte by byte.
TEST(Errors, AreEtcdsByCodeAndText) {
  EXPECT_EQ(status_of(ApiError::kEmptyKey),
            (Status{Code::kInvalidArgument, "etcdserver: key is not provided"}));
  EXPECT_EQ(status_of(ApiError::kDuplicateKey),
            (Status{Code::kInvalidArgument, "etcdserver: duplicate key given in txn request"}));
  EXPECT_EQ(status_of(ApiError::kTooManyOps),
            (Status{Code::kInvalidArgument, "etcdserver: too many operations in txn request"}));
  EXPECT_EQ(status_of(KvError::kCompacted),
            (Status{Code::kOutOfRange, "etcdserver: mvcc: required revision has been compacted"}));
  EXPECT_EQ(status_of(KvError::kFutureRevision),
            (Status{Code::kOutOfRange, "etcdserver: mvcc: required revision is a future revision"}));
  EXPECT_EQ(status_of(KvError::kLeaseNotFound),
            (Status{Code::kNotFound, "etcdserver: requested lease not found"}));
  EXPECT_EQ(status_of(ServerError::kTooLarge),
            (Status{Code::kInvalidArgument, "etcdserver: request is too large"}));
  EXPECT_EQ(status_of(ServerError::kTimeout), (Status{Code::kUnavailable, "etcdserver: request timed out"}));
  EXPECT_EQ(
      status_of(ServerError::kTimeoutLeaderFailure),
      (Status{Code::kUnavailable, "etcdserver: request timed out, possibly due to previous leader failure"}));
}

TEST(Errors, AFaultOfTheDiskIsInternalAndTellsNoSecrets) {
  ReadFault fault{.refused = std::nullopt,
                  .broken = raft::Error{raft::ErrorCode::kIo, "/var/lib/x", "bad block"}};
  const Status status = status_of(fault);
  EXPECT_EQ(status.code, Code::kInternal);
  EXPECT_EQ(status.message.find("/var/lib"), std::string::npos);
}

}  // namespace
}  // namespace kv::api
