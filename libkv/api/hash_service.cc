// etcdserverpb.Maintenance/Hash and HashKV (contract sections 7.1 and 7.2): of this member, a learner too,
// without asking anyone.
#include <memory>

#include "libkv/api/caller.h"
#include "libkv/api/context.h"
#include "libkv/api/convert.h"
#include "libkv/api/errors.h"
#include "libkv/api/long_reads.h"
#include "libkv/api/unary.h"

namespace kv::api {
namespace {

using etcdserverpb::HashKVRequest;
using etcdserverpb::HashKVResponse;
using etcdserverpb::HashRequest;
using etcdserverpb::HashResponse;

void answer(const HistoryHash& hash, HashKVResponse& response) {
  response.set_hash(hash.hash);
  response.set_compact_revision(hash.compacted);
  response.set_hash_revision(hash.revision);
}

/// Of the whole backend, etcd says, and leaves open what that is: here the whole history.
void answer(const HistoryHash& hash, HashResponse& response) {
  response.set_hash(hash.hash);
}

std::int64_t revision_of(const HashKVRequest& request) {
  return request.revision();
}
std::int64_t revision_of(const HashRequest& /*request*/) {
  return 0;
}

template <class Response>
void hash(const Context& context, const rpc::CallPtr& call, std::int64_t revision,
          const std::stop_token& stop) {
  const ReadView view = context.server.local_view();
  const auto hashed =
      view.hash(revision, [&call, &stop] { return stop.stop_requested() || call->cancelled(); });
  if (!hashed) return refuse(call, status_of(hashed.error()));
  if (!*hashed) return refuse(call, status_of(ServerError::kStopped));  // or nobody listens
  Response response;
  fill(context.server.origin(), view.revision(), *response.mutable_header());
  answer(**hashed, response);
  reply(call, response);
}

template <class Request, class Response>
void add_hash_method(rpc::Server& server, const Context& context, const std::shared_ptr<LongReads>& reads,
                     const std::string& name) {
  server.add_unary("/etcdserverpb.Maintenance/" + name, [&context, reads](const rpc::CallPtr& call,
                                                                          std::string_view bytes) {
    if (auto refusal = intercept(context, *call, Learner::kMay)) return refuse(call, std::move(*refusal));
    Request request;
    if (!parse(call, bytes, request)) return;
    const auto read = [&context, call, revision = revision_of(request)](const std::stop_token& stop) {
      hash<Response>(context, call, revision, stop);
    };
    with_caller(context, call, [call, reads, read](const Caller&) {
      if (!reads->add(read)) refuse(call, status_of(ServerError::kTooManyRequests));
    });
  });
}

}  // namespace

void register_hash(rpc::Server& server, const Context& context) {
  const auto reads = std::make_shared<LongReads>();  // shared by the two methods
  add_hash_method<HashRequest, HashResponse>(server, context, reads, "Hash");
  add_hash_method<HashKVRequest, HashKVResponse>(server, context, reads, "HashKV");
}

}  // namespace kv::api
