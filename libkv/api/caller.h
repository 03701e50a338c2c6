// Who makes a call, and what they may do: the step between a request's own checks and what it asks for.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <utility>

#include "libkv/api/access.h"
#include "libkv/api/context.h"
#include "libkv/api/errors.h"
#include "libkv/auth/auth_table.h"
#include "libkv/auth/principal.h"

namespace kv::api {

/// Nobody while authentication is off, or when the call says nothing of who makes it.
using Caller = std::optional<Principal>;

/// Who makes a call, or why nobody may make it.
using Recognised = std::expected<Caller, rpc::Status>;

/// By the call's token, or else the name in the client's certificate, with what access_of its method asks for
/// checked; nothing when this member cannot tell yet. Requires that authentication is on.
std::optional<Recognised> recognise(const Context& context, const rpc::ServerCall& call);

/// The same, once this member can tell. On the call's thread.
void await_caller(const Context& context, const rpc::CallPtr& call, std::function<void(Recognised)> next);

/// Calls `next` with who makes the call; refuses the call when they are not known, or may not. `next` may run
/// later, on the call's thread. Costs one load while authentication is off.
template <class Next>
void with_caller(const Context& context, const rpc::CallPtr& call, Next next) {
  if (!context.server.auth_enabled()) return next(Caller());
  auto go_on = [call, next = std::move(next)](Recognised known) mutable {
    if (!known) return call->finish(std::move(known.error()));
    next(std::move(*known));
  };
  auto known = recognise(context, *call);
  if (!known) return await_caller(context, call, std::move(go_on));
  go_on(std::move(*known));
}

/// The refusal when `caller` may not do what `check(table, principal)` asks for; nothing when they may. The
/// table is the newest that this member has.
template <class Check>
std::optional<rpc::Status> refused(const Context& context, const Caller& caller, const Check& check) {
  if (!context.server.auth_enabled()) return std::nullopt;
  const auto table = context.server.auth();
  if (!table->enabled()) return std::nullopt;
  std::optional<KvError> error = table->admit(caller);
  if (!error) error = check(*table, *caller);
  if (!error) return std::nullopt;
  return status_of(*error);
}

/// The same by a rule; of kKeys and kOpen nothing is refused here.
std::optional<rpc::Status> refused(const Context& context, const Caller& caller, Access access);

/// The same user, as known now: what takes long outlives changes of users and roles.
Caller known_now(const Context& context, Caller caller);

/// What a client asks of the cluster as a whole. Where members may ask for the same, the log must see that it
/// was a client: this member may not have heard yet that authentication is on.
WriteOptions as_client(const Context& context, Caller caller);

/// An error as the service of the call passes it on: etcd's recipes have all of them as Unknown.
rpc::Status of_service(const rpc::ServerCall& call, rpc::Status status);

}  // namespace kv::api
