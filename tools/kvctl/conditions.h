// --if-*: a write that happens only if its key is as expected.
#pragma once

#include <string>
#include <vector>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/common/options.h"
#include "tools/common/outcome.h"
#include "tools/kvctl/client.h"

namespace tools::kvctl {

/// One compare per --if option that is given; they all have to hold.
std::vector<etcdserverpb::Compare> conditions(const Parsed& options, const std::string& key);

etcdserverpb::Compare value_is(const std::string& key, std::string value);

/// One Txn: `write` under `compares`, else a look at what is there. Failure: kExitConflict, whose text tells
/// the key's version and revisions.
Outcome<etcdserverpb::TxnResponse> write_if(Client& client, const std::string& key,
                                            std::vector<etcdserverpb::Compare> compares,
                                            etcdserverpb::RequestOp write);

}  // namespace tools::kvctl
