// What locks and elections are made of (contract section 4.1): keys of leases under NAME/, of which the
// oldest holds NAME. Clients that do the same by themselves stand in the same line.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "libkv/api/caller.h"
#include "libkv/api/context.h"
#include "libkv/machine/command.h"
#include "libkv/mvcc/range.h"

namespace kv::api {

/// A lease that the server grants for a client that brings none is this long, and is not kept alive. Seconds.
inline constexpr std::int64_t kRecipeTtl = 60;

std::string line_prefix(const std::string& name);
/// The key that `lease` has in the line of `name`.
std::string place_key(const std::string& name, std::int64_t lease);

/// The oldest key of the line.
RangeOp oldest_of(const std::string& name);
/// Among those older than `revision`, the youngest: who leaves wakes one, not all.
RangeOp one_before(const std::string& name, std::int64_t revision);
/// `key`, if it is still the one that was created at `revision`.
RangeOp still_there(const std::string& key, std::int64_t revision);
Compare created_at(const std::string& key, std::int64_t revision);

/// Why `caller` may not see who stands in the line of `name`.
std::optional<rpc::Status> refused_line(const Context& context, const Caller& caller,
                                        const std::string& name);

/// etcd's recipes pass all errors on as Unknown, under their texts.
rpc::Status recipe_error(rpc::Status status);
rpc::Status no_key();

using LeaseReady = std::function<void(std::int64_t lease)>;
/// Calls `ready` with `lease`, or where that is 0 with one that was granted; refuses the call when that
/// fails. `ready` may run on another thread.
void with_lease(const Context& context, const rpc::CallPtr& call, const Caller& caller, std::int64_t lease,
                LeaseReady ready);

}  // namespace kv::api
