// etcd's codes and texts, exactly: clients match on both (contract sections 2.7, 5 and 5.1).
#pragma once

#include "libkv/mvcc/range.h"
#include "libkv/rpc/status.h"
#include "libkv/server/server.h"

namespace kv::api {

/// What the API refuses before it asks the replica.
enum class ApiError : std::uint8_t {
  kEmptyKey,
  kKeyNotFound,
  kValueProvided,
  kLeaseProvided,
  kTooManyOps,
  kDuplicateKey,
  kInvalidSortOption,
  kInvalidClientVersion,
  kNotSupportedForLearner,
  kNoLeader,
  kBadMessage,        ///< the request is no such protobuf message
  kResponseTooLarge,  ///< over what gRPC can carry
  kLeaseTtlTooLarge,
  kBadUrls,  ///< the peer URLs of a member are not such
  kDowngradeFormat,
  kDowngradeTarget,
  kNoDowngrade,
};

rpc::Status status_of(ApiError error);
rpc::Status status_of(KvError error);
rpc::Status status_of(ServerError error);
/// With its detail behind the text.
rpc::Status status_of(const RequestFailure& failure);
rpc::Status status_of(const AuthRefusal& refusal);
/// A fault of the disk underneath is Internal and says no more than that: the log has the rest.
rpc::Status status_of(const ReadFault& fault);

}  // namespace kv::api
