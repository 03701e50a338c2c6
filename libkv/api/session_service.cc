// kvd.Sessions on a KvServer: no part of etcd's API.
#include <openssl/rand.h>

#include <cstring>

#include "libkv/api/caller.h"
#include "libkv/api/context.h"
#include "libkv/api/errors.h"
#include "libkv/api/proto/sessions.pb.h"
#include "libkv/api/sessions.h"
#include "libkv/api/unary.h"

namespace kv::api {
namespace {

void open_session(const Context& context, const rpc::CallPtr& call) {
  const ServerStatus status = context.server.status();
  // As an etcd answers, whose writes clients then send once.
  if (status.command_version < kSessionsVersion) {
    return refuse(call, {rpc::Code::kUnimplemented, "kvd: not every member of this cluster knows sessions"});
  }
  SessionId session{.birth = status.applied.value()};
  unsigned char chance[sizeof(session.nonce)];
  if (RAND_bytes(chance, sizeof(chance)) != 1) return refuse(call, status_of(ServerError::kNoRandomNumbers));
  std::memcpy(&session.nonce, chance, sizeof(chance));
  kvd::OpenSessionResponse response;
  response.set_session(session_text(context.server.origin().cluster_id, session));
  reply(call, response);
}

}  // namespace

void register_sessions(rpc::Server& server, const Context& context) {
  server.add_unary("/kvd.Sessions/Open", [&context](const rpc::CallPtr& call, std::string_view bytes) {
    MessageArena arena;
    if (!parse(call, bytes, arena.make<kvd::OpenSessionRequest>())) return;
    if (auto refusal = intercept(context, *call, Learner::kMayNot)) return refuse(call, std::move(*refusal));
    with_caller(context, call, [&context, call](const Caller&) { open_session(context, call); });
  });
}

}  // namespace kv::api
