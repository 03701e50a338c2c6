// What put and cas print.
#pragma once

#include "libkv/api/proto/rpc.pb.h"
#include "tools/kvctl/command.h"

namespace tools::kvctl {

/// The response to a put that was the one operation of a transaction, with the transaction's header.
etcdserverpb::PutResponse put_response_of(etcdserverpb::TxnResponse transaction);

/// The revision alone with --print-rev, else the response in the format asked for.
Outcome<ExitCode> print_put(Context& context, const etcdserverpb::PutResponse& response);

}  // namespace tools::kvctl
