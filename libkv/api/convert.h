// Between etcd's messages and the operations and results of the store. No checks: validate.h makes them.
#pragma once

#include <string>

#include "libkv/api/proto/rpc.pb.h"
#include "libkv/machine/command.h"
#include "libkv/machine/outcome.h"
#include "libkv/server/server.h"

namespace kv::api {

// The requests' strings are moved out where they can be.
RangeOp to_op(etcdserverpb::RangeRequest& request);
PutOp to_op(etcdserverpb::PutRequest& request);
DeleteRangeOp to_op(etcdserverpb::DeleteRangeRequest& request);
TxnOp to_op(etcdserverpb::TxnRequest& request);

void fill(const Origin& origin, std::int64_t revision, etcdserverpb::ResponseHeader& header);
void fill(KeyValue&& from, mvccpb::KeyValue& to);
void fill(RangeResult&& from, etcdserverpb::RangeResponse& to);
void fill(PutResult&& from, etcdserverpb::PutResponse& to);
void fill(DeleteRangeResult&& from, etcdserverpb::DeleteRangeResponse& to);
/// The nested responses get headers with a revision only (contract section 1.0.2).
void fill(TxnResult&& from, etcdserverpb::TxnResponse& to);

}  // namespace kv::api
