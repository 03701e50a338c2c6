// From etcd's requests to the operations of the store, without checks: validate.h makes them. The way back is
// encode.h.
#pragma once

#include <string>

#include "libkv/api/proto/rpc.pb.h"
#include "libkv/machine/command.h"
#include "libkv/server/server.h"

namespace kv::api {

// The requests' strings are moved out where they can be.
RangeOp to_op(etcdserverpb::RangeRequest& request);
PutOp to_op(etcdserverpb::PutRequest& request);
DeleteRangeOp to_op(etcdserverpb::DeleteRangeRequest& request);
TxnOp to_op(etcdserverpb::TxnRequest& request);

/// For the responses that are not in encode.h.
void fill(const Origin& origin, std::int64_t revision, etcdserverpb::ResponseHeader& header);

}  // namespace kv::api
