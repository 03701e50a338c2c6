#include "tools/kvctl/verdict.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tools::kvctl {
namespace {

using kv::rpc::Code;

struct Row {
  Code code;
  std::string text;
  bool sent;
  Verdict read;
  Verdict write;
};

constexpr Verdict kNotNow{true, kExitTemporary};
constexpr Verdict kLost{false, kExitUnknown};

/// Both, whether it was a read or a write.
Row same(Code code, std::string text, Verdict verdict) {
  return {code, std::move(text), true, verdict, verdict};
}

const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      // Never left this machine.
      {Code::kUnavailable, "connection closed", false, {true, kExitUnavailable}, {true, kExitUnavailable}},
      {Code::kDeadlineExceeded,
       "context deadline exceeded",
       false,
       {true, kExitTimeout},
       {true, kExitTimeout}},
      // Refused by the server, certainly not applied, better later or elsewhere.
      same(Code::kUnavailable, "etcdserver: no leader", kNotNow),
      same(Code::kUnavailable, "etcdserver: leader changed", kNotNow),
      same(Code::kResourceExhausted, "etcdserver: too many requests", kNotNow),
      same(Code::kUnknown, "etcdserver: too many requests", kNotNow),
      same(Code::kFailedPrecondition, "etcdserver: rpc not supported for learner", kNotNow),
      // May have been applied.
      {Code::kUnavailable, "etcdserver: request timed out", true, kNotNow, kLost},
      {Code::kUnavailable, "etcdserver: request timed out, possibly due to connection lost", true, kNotNow,
       kLost},
      {Code::kUnavailable, "etcdserver: server stopped", true, kNotNow, kLost},
      {Code::kUnavailable, "127.0.0.1:1: connection lost: reset", true, kNotNow, kLost},
      {Code::kDeadlineExceeded, "context deadline exceeded", true, {true, kExitTimeout}, kLost},
      {Code::kInternal,
       "stream terminated by RST_STREAM with error code: INTERNAL_ERROR",
       true,
       {false, kExitSoftware},
       kLost},
      {Code::kResourceExhausted,
       "stream terminated by RST_STREAM with error code: ENHANCE_YOUR_CALM",
       true,
       {false, kExitTemporary},
       kLost},
      {Code::kUnknown, "etcdserver: request cancelled", true, {false, kExitSoftware}, kLost},
      // Answered, and the answer is no.
      same(Code::kInvalidArgument, "etcdserver: key is not provided", {false, kExitUsage}),
      same(Code::kInvalidArgument, "etcdserver: request is too large", {false, kExitLimit}),
      same(Code::kInvalidArgument, "etcdserver: too many operations in txn request", {false, kExitLimit}),
      same(Code::kInvalidArgument, "etcdserver: key not found", {false, kExitNo}),
      same(Code::kNotFound, "etcdserver: requested lease not found", {false, kExitNo}),
      same(Code::kOutOfRange, "etcdserver: mvcc: required revision has been compacted", {false, kExitLimit}),
      same(Code::kOutOfRange, "etcdserver: mvcc: required revision is a future revision",
           {false, kExitLimit}),
      same(Code::kResourceExhausted, "etcdserver: mvcc: database space exceeded", {false, kExitLimit}),
      same(Code::kResourceExhausted, "grpc: received message larger than max (3 vs. 2)", {false, kExitLimit}),
      same(Code::kFailedPrecondition, "etcdserver: lease already exists", {false, kExitConflict}),
      same(Code::kFailedPrecondition, "etcdserver: not capable", {false, kExitProtocol}),
      same(Code::kFailedPrecondition,
           "etcdserver: not capable: it needs version 3, the cluster has 1: all members know it, and are "
           "about "
           "to agree on it",
           kNotNow),
      same(Code::kPermissionDenied, "etcdserver: permission denied", {false, kExitNoPermission}),
      same(Code::kUnauthenticated, "etcdserver: invalid auth token", {false, kExitNoPermission}),
      same(Code::kInvalidArgument, "etcdserver: user name is empty", {false, kExitNoPermission}),
      same(Code::kInvalidArgument, "etcdserver: authentication failed, invalid user ID or password",
           {false, kExitNoPermission}),
      same(Code::kUnknown, "auth: authentication failed, password was given for no password user",
           {false, kExitNoPermission}),
      same(Code::kFailedPrecondition, "etcdserver: user name not found", {false, kExitNo}),
      same(Code::kFailedPrecondition, "etcdserver: user name already exists", {false, kExitConflict}),
      same(Code::kUnknown, "bcrypt: password length exceeds 72 bytes", {false, kExitLimit}),
      same(Code::kResourceExhausted, "kvd: too many users", {false, kExitLimit}),
      same(Code::kUnimplemented, "unknown service", {false, kExitProtocol}),
      // A member whose state is wrong: reads go on at the others.
      {Code::kDataLoss, "etcdserver: corrupt cluster", true, {true, kExitData}, {false, kExitData}},
  };
  return rows;
}

TEST(Verdict, EveryFailureHasItsExitCodeAndItsRetry) {
  for (const Row& row : table()) {
    const kv::rpc::Status status{row.code, row.text};
    EXPECT_EQ(judge(status, row.sent, Access::kRead), row.read) << row.text;
    EXPECT_EQ(judge(status, row.sent, Access::kWrite), row.write) << row.text;
    const Verdict once = row.write == kLost ? Verdict{true, kExitUnknown} : row.write;
    EXPECT_EQ(judge(status, row.sent, Access::kWriteOnce), once) << row.text;
  }
}

TEST(Verdict, ARefusedTokenIsKnownHoweverItIsTold) {
  EXPECT_TRUE(is_refused_token("etcdserver: invalid auth token", "t"));
  EXPECT_TRUE(is_refused_token("etcdserver: revision of auth store is old", "t"));
  EXPECT_TRUE(
      is_refused_token("rpc error: code = Unauthenticated desc = etcdserver: invalid auth token", "t"));
  EXPECT_TRUE(is_refused_token("etcdserver: user name is empty", ""));
  // With a token that is said of a request, as when a user without a name is to be made.
  EXPECT_FALSE(is_refused_token("etcdserver: user name is empty", "t"));
  EXPECT_FALSE(is_refused_token("etcdserver: permission denied", "t"));
}

TEST(Verdict, WhatASessionHasForgottenIsUnknownAndNotAskedAgain) {
  for (const char* text : {"kvd: session expired: nothing is known", "kvd: session sequence forgotten: it",
                           "kvd: applied before, but the result was too large"}) {
    EXPECT_EQ(judge({Code::kFailedPrecondition, text}, true, Access::kWriteOnce), kLost) << text;
  }
}

}  // namespace
}  // namespace tools::kvctl
