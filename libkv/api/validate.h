// What etcd refuses before it proposes anything, in its order (contract section 2.8).
#pragma once

#include <cstddef>
#include <optional>

#include "libkv/api/errors.h"
#include "libkv/api/proto/rpc.pb.h"

namespace kv::api {

std::optional<ApiError> validate(const etcdserverpb::RangeRequest& request);
std::optional<ApiError> validate(const etcdserverpb::PutRequest& request);
std::optional<ApiError> validate(const etcdserverpb::DeleteRangeRequest& request);
/// The budget of operations, then every op depth first, then keys written twice (contract section 2.5).
std::optional<ApiError> validate(const etcdserverpb::TxnRequest& request, std::size_t ops_max);

}  // namespace kv::api
