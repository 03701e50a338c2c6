#include "libkv/api/errors.h"

namespace kv::api {

using rpc::Code;
using rpc::Status;

Status status_of(ApiError error) {
  switch (error) {
    case ApiError::kEmptyKey:
      return {Code::kInvalidArgument, "etcdserver: key is not provided"};
    case ApiError::kKeyNotFound:
      return {Code::kInvalidArgument, "etcdserver: key not found"};
    case ApiError::kValueProvided:
      return {Code::kInvalidArgument, "etcdserver: value is provided"};
    case ApiError::kLeaseProvided:
      return {Code::kInvalidArgument, "etcdserver: lease is provided"};
    case ApiError::kTooManyOps:
      return {Code::kInvalidArgument, "etcdserver: too many operations in txn request"};
    case ApiError::kDuplicateKey:
      return {Code::kInvalidArgument, "etcdserver: duplicate key given in txn request"};
    case ApiError::kInvalidSortOption:
      return {Code::kInvalidArgument, "etcdserver: invalid sort option"};
    case ApiError::kInvalidClientVersion:
      return {Code::kInvalidArgument, "etcdserver: invalid client api version"};
    case ApiError::kNotSupportedForLearner:
      return {Code::kFailedPrecondition, "etcdserver: rpc not supported for learner"};
    case ApiError::kNoLeader:
      return {Code::kUnavailable, "etcdserver: no leader"};
    case ApiError::kBadMessage:
      return {Code::kInternal, "grpc: error unmarshalling request: the message is not valid protobuf"};
    case ApiError::kResponseTooLarge:
      return {Code::kResourceExhausted, "grpc: trying to send message larger than max 2147483647"};
    case ApiError::kLeaseTtlTooLarge:
      return {Code::kOutOfRange, "etcdserver: too large lease TTL"};
    case ApiError::kBadUrls:
      return {Code::kInvalidArgument, "etcdserver: given member URLs are invalid"};
    case ApiError::kDowngradeFormat:
      return {Code::kInvalidArgument, "etcdserver: wrong downgrade target version format"};
    case ApiError::kDowngradeTarget:
      return {Code::kInvalidArgument, "etcdserver: invalid downgrade target version"};
    case ApiError::kNoDowngrade:
      return {Code::kFailedPrecondition, "etcdserver: no inflight downgrade job"};
  }
  return {Code::kUnknown, "unknown error"};
}

Status status_of(KvError error) {
  switch (error) {
    case KvError::kKeyNotFound:
      return {Code::kInvalidArgument, "etcdserver: key not found"};
    case KvError::kLeaseNotFound:
      return {Code::kNotFound, "etcdserver: requested lease not found"};
    case KvError::kLeaseExists:
      return {Code::kFailedPrecondition, "etcdserver: lease already exists"};
    case KvError::kCompacted:
      return {Code::kOutOfRange, "etcdserver: mvcc: required revision has been compacted"};
    case KvError::kFutureRevision:
      return {Code::kOutOfRange, "etcdserver: mvcc: required revision is a future revision"};
    case KvError::kNoSpace:
      return {Code::kResourceExhausted, "etcdserver: mvcc: database space exceeded"};
    case KvError::kCorrupt:
      return {Code::kDataLoss, "etcdserver: corrupt cluster"};
    case KvError::kUnknownCommand:
      return {Code::kFailedPrecondition, "etcdserver: not capable"};
    case KvError::kMemberExists:
      return {Code::kFailedPrecondition, "etcdserver: member ID already exist"};
    case KvError::kPeerUrlExists:
      return {Code::kFailedPrecondition, "etcdserver: Peer URLs already exists"};
    case KvError::kMemberNotFound:
      return {Code::kNotFound, "etcdserver: member not found"};
    case KvError::kNotLearner:
      return {Code::kFailedPrecondition, "etcdserver: can only promote a learner member"};
    case KvError::kTooManyLearners:
      return {Code::kFailedPrecondition, "etcdserver: too many learner members in cluster"};
    case KvError::kTooManyMembers:
      return {Code::kFailedPrecondition, "kvd: too many members in cluster"};
    case KvError::kNotEnoughStarted:
      // etcd declares another code, and by an accident that clients live with sends this one.
      return {Code::kUnknown, "etcdserver: re-configuration failed due to not enough started members"};
    case KvError::kBeingReplaced:
      return {Code::kFailedPrecondition, "kvd: the member is being replaced already"};
    case KvError::kSessionExpired:
      return {Code::kFailedPrecondition,
              "kvd: session expired: nothing is known of its writes, and this one was not made again"};
    case KvError::kResultForgotten:
      return {Code::kFailedPrecondition,
              "kvd: session sequence forgotten: this write was made or given up before, and not made again"};
    case KvError::kResultTooLarge:
      return {Code::kFailedPrecondition,
              "kvd: applied before, but the result was too large to keep: not made again"};
    case KvError::kUserEmpty:
      return {Code::kInvalidArgument, "etcdserver: user name is empty"};
    case KvError::kUserExists:
      return {Code::kFailedPrecondition, "etcdserver: user name already exists"};
    case KvError::kUserNotFound:
      return {Code::kFailedPrecondition, "etcdserver: user name not found"};
    case KvError::kRoleEmpty:
      return {Code::kInvalidArgument, "etcdserver: role name is empty"};
    case KvError::kRoleExists:
      return {Code::kFailedPrecondition, "etcdserver: role name already exists"};
    case KvError::kRoleNotFound:
      return {Code::kFailedPrecondition, "etcdserver: role name not found"};
    case KvError::kRoleNotGranted:
      return {Code::kFailedPrecondition, "etcdserver: role is not granted to the user"};
    case KvError::kPermissionNotGranted:
      return {Code::kFailedPrecondition, "etcdserver: permission is not granted to the role"};
    case KvError::kPermissionNotGiven:
      return {Code::kInvalidArgument, "etcdserver: permission not given"};
    case KvError::kPermissionDenied:
      return {Code::kPermissionDenied, "etcdserver: permission denied"};
    case KvError::kRootUserMissing:
      return {Code::kFailedPrecondition, "etcdserver: root user does not exist"};
    case KvError::kRootRoleMissing:
      return {Code::kFailedPrecondition, "etcdserver: root user does not have root role"};
    case KvError::kAuthNotEnabled:
      return {Code::kFailedPrecondition, "etcdserver: authentication is not enabled"};
    case KvError::kInvalidAuthManagement:
      return {Code::kInvalidArgument, "etcdserver: invalid auth management"};
    case KvError::kAuthOldRevision:
      return {Code::kInvalidArgument, "etcdserver: revision of auth store is old"};
    case KvError::kAuthFailed:
      return {Code::kInvalidArgument, "etcdserver: authentication failed, invalid user ID or password"};
    case KvError::kAuthLimit:
      return {Code::kResourceExhausted,
              "kvd: too many or too large users, roles or permissions: see the limits in kvd(8)"};
  }
  return {Code::kUnknown, "unknown error"};
}

Status status_of(ServerError error) {
  switch (error) {
    case ServerError::kTimeout:
      return {Code::kUnavailable, "etcdserver: request timed out"};
    case ServerError::kTimeoutLeaderFailure:
      return {Code::kUnavailable, "etcdserver: request timed out, possibly due to previous leader failure"};
    case ServerError::kTimeoutConnectionLost:
      return {Code::kUnavailable, "etcdserver: request timed out, possibly due to connection lost"};
    case ServerError::kLeaderChanged:
      return {Code::kUnavailable, "etcdserver: leader changed"};
    case ServerError::kNoLeader:
      return {Code::kUnavailable, "etcdserver: no leader"};
    case ServerError::kStopped:
      return {Code::kUnavailable, "etcdserver: server stopped"};
    case ServerError::kTooManyRequests:
      // etcd sends Unknown by an accident that clients live with; the declared code is recognised as well.
      return {Code::kResourceExhausted, "etcdserver: too many requests"};
    case ServerError::kNoSpace:
      return status_of(KvError::kNoSpace);
    case ServerError::kTooLarge:
      return {Code::kInvalidArgument, "etcdserver: request is too large"};
    case ServerError::kUnhealthy:
      return {Code::kUnavailable, "etcdserver: unhealthy cluster"};
    case ServerError::kNotEnoughStarted:
      return status_of(KvError::kNotEnoughStarted);
    case ServerError::kLearnerNotReady:
      return {Code::kFailedPrecondition,
              "etcdserver: can only promote a learner member which is in sync with leader"};
    case ServerError::kNotLeader:
      return {Code::kFailedPrecondition, "etcdserver: not leader"};
    case ServerError::kBadTransferee:
      return {Code::kFailedPrecondition, "etcdserver: bad leader transferee"};
    case ServerError::kTransferTimeout:
      return {Code::kUnknown, "etcdserver: request timed out, leader transfer took too long"};
    case ServerError::kCorrupt:
      return status_of(KvError::kCorrupt);
    case ServerError::kNotCapable:
      return status_of(KvError::kUnknownCommand);
    case ServerError::kNoPasswordUser:
      return {Code::kUnknown, "auth: authentication failed, password was given for no password user"};
    case ServerError::kUnknownToken:
      return {Code::kUnauthenticated, "etcdserver: invalid auth token"};
    case ServerError::kNoRandomNumbers:
      return {Code::kInternal, "kvd: the system gives no random numbers"};
  }
  return {Code::kUnknown, "unknown error"};
}

Status status_of(const RequestFailure& failure) {
  Status status = status_of(failure.error);
  if (!failure.detail.empty()) status.message += ": " + failure.detail;
  return status;
}

Status status_of(const AuthRefusal& refusal) {
  return std::visit([](const auto& why) { return status_of(why); }, refusal);
}

Status status_of(const ReadFault& fault) {
  if (fault.refused) return status_of(*fault.refused);
  return {Code::kInternal, "etcdserver: the store cannot be read"};
}

}  // namespace kv::api
