// etcdserverpb.Lease (contract section 4) on a KvServer.
#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "libkv/api/caller.h"
#include "libkv/api/context.h"
#include "libkv/api/convert.h"
#include "libkv/api/encode.h"
#include "libkv/api/errors.h"
#include "libkv/api/lease_id.h"
#include "libkv/api/metrics.h"
#include "libkv/api/proto/rpc.pb.h"
#include "libkv/api/sessions.h"
#include "libkv/api/unary.h"
#include "libkv/machine/authorize.h"

namespace kv::api {
namespace {

using rpc::CallPtr;

constexpr std::int64_t kLeaseTtlMax = 9000000000;
/// Keep-alives of one stream that wait for their answers.
constexpr std::size_t kKeepAlivesMax = 4096;

void propose_lease(const Context& context, const CallPtr& call, Operation operation) {
  write(context, call, std::move(operation), [&context, call](const auto& outcome) {
    if (!outcome) return refuse(call, status_of(outcome.error()));
    if (!outcome->result) return refuse(call, status_of(outcome->result.error()));
    call->reply(encode({context.server.origin(), outcome->revision}, *outcome->result));
  });
}

void serve_lease(const Context& context, const CallPtr& call,
                 const etcdserverpb::LeaseGrantRequest& request) {
  if (request.ttl() > kLeaseTtlMax) return refuse(call, status_of(ApiError::kLeaseTtlTooLarge));
  LeaseGrantOp op{.lease = request.id(), .ttl = std::max(request.ttl(), context.server.lease_ttl_min())};
  if (op.lease == 0) op.lease = new_lease_id();
  propose_lease(context, call, op);
}

void serve_lease(const Context& context, const CallPtr& call,
                 const etcdserverpb::LeaseRevokeRequest& request) {
  propose_lease(context, call, LeaseRevokeOp{request.id()});
}

void fill_now(const Context& context, etcdserverpb::ResponseHeader& header) {
  fill(context.server.origin(), context.server.local_view().revision(), header);
}

/// Why `caller` may not do with a lease what `check` asks for (libkv/machine/authorize.h).
template <class Check>
std::optional<rpc::Status> refused_lease(const Context& context, const Caller& caller, std::int64_t lease,
                                         const Check& check) {
  return refused(context, caller, [&](const AuthTable& table, const Principal& principal) {
    return context.server.leases().read(
        [&](const LeaseTable& leases) { return check(table, principal, lease, leases); });
  });
}

/// The keys as this member has them, once it has everything that came before.
void reply_with_keys(const Context& context, const CallPtr& call, const Caller& caller,
                     std::shared_ptr<etcdserverpb::LeaseTimeToLiveResponse> response) {
  context.server.read([&context, call, caller, response = std::move(response)](const auto& view) {
    if (!view) return refuse(call, status_of(view.error()));
    call->post([&context, call, caller, response] {
      if (auto status = refused_lease(context, caller, response->id(), may_list_lease)) {
        return refuse(call, std::move(*status));
      }
      const auto keys = context.server.leases().read(
          [&](const LeaseTable& table) { return table.keys_of(response->id()); });
      for (const std::string& key : keys) response->add_keys(key);
      reply(call, *response);
    });
  });
}

void serve_lease(const Context& context, const CallPtr& call,
                 const etcdserverpb::LeaseTimeToLiveRequest& request) {
  with_caller(context, call,
              [&context, call, id = request.id(), keys = request.keys()](const Caller& caller) {
                if (auto status = refused(context, caller, Access::kUser))
                  return refuse(call, std::move(*status));
                context.server.time_to_live(id, [&context, call, caller, id, keys](const auto& answer) {
                  if (!answer) return refuse(call, status_of(answer.error()));
                  // Shared: the closures that carry it on must be copyable.
                  auto response = std::make_shared<etcdserverpb::LeaseTimeToLiveResponse>();
                  fill_now(context, *response->mutable_header());
                  response->set_id(id);
                  response->set_ttl(answer->ttl);
                  response->set_grantedttl(answer->granted);
                  if (keys && answer->ttl >= 0)
                    return reply_with_keys(context, call, caller, std::move(response));
                  reply(call, *response);
                });
              });
}

void serve_lease(const Context& context, const CallPtr& call, const etcdserverpb::LeaseLeasesRequest&) {
  with_caller(context, call, [&context, call](const Caller& caller) {
    if (auto status = refused(context, caller, Access::kUser)) return refuse(call, std::move(*status));
    etcdserverpb::LeaseLeasesResponse response;
    fill_now(context, *response.mutable_header());
    for (const std::int64_t id : context.server.lease_ids()) {
      if (auto status = refused_lease(context, caller, id, may_list_lease)) {
        return refuse(call, std::move(*status));
      }
      response.add_leases()->set_id(id);
    }
    reply(call, response);
  });
}

/// One stream of keep-alives, answered in their order. Thread: the call's; answers are posted there.
class KeepAlives : public std::enable_shared_from_this<KeepAlives> {
 public:
  KeepAlives(const Context& context, CallPtr call) : context_(context), call_(std::move(call)) {}

  void ask(std::int64_t lease) {
    if (waiting_.size() >= kKeepAlivesMax) return refuse(call_, status_of(ServerError::kTooManyRequests));
    etcdserverpb::LeaseKeepAliveResponse& response = waiting_.emplace_back().response;
    fill_now(context_, *response.mutable_header());  // as it was before
    response.set_id(lease);
    const std::uint64_t number = first_ + waiting_.size() - 1;
    with_caller(context_, call_, [self = shared_from_this(), lease, number](const Caller& caller) {
      self->keep_alive(lease, number, caller);
    });
  }

  void close() {
    closed_ = true;
    flush();
  }

 private:
  struct Waiting {
    etcdserverpb::LeaseKeepAliveResponse response;
    bool answered = false;
    std::optional<rpc::Status> error;
  };

  void keep_alive(std::int64_t lease, std::uint64_t number, const Caller& caller) {
    if (auto status = refused_lease(context_, caller, lease, may_change_lease)) {
      return take(number, std::unexpected(std::move(*status)));
    }
    context_.server.keep_alive(lease, [self = shared_from_this(), number](const auto& answer) {
      self->call_->post([self, number, answer] {
        if (answer) return self->take(number, *answer);
        self->take(number, std::unexpected(status_of(answer.error())));
      });
    });
  }

  void take(std::uint64_t number, const std::expected<LeaseAnswer, rpc::Status>& answer) {
    Waiting& one = waiting_[number - first_];
    one.answered = true;
    if (answer) {
      one.response.set_ttl(answer->ttl);
    } else {
      one.error = answer.error();
    }
    flush();
  }

  void flush() {
    while (!waiting_.empty() && waiting_.front().answered) {
      if (waiting_.front().error) return refuse(call_, *waiting_.front().error);
      std::string bytes;
      waiting_.front().response.SerializeToString(&bytes);
      call_->send(std::move(bytes));
      waiting_.pop_front();
      ++first_;
    }
    if (closed_ && waiting_.empty()) call_->finish({});
  }

  const Context& context_;
  const CallPtr call_;
  std::deque<Waiting> waiting_;
  std::uint64_t first_ = 0;  // the number of waiting_'s first
  bool closed_ = false;
};

class KeepAliveCall final : public rpc::StreamHandler {
 public:
  KeepAliveCall(const Context& context, const CallPtr& call)
      : context_(context), call_(call), stream_(std::make_shared<KeepAlives>(context, call)) {}

  void on_message(std::string_view bytes) override {
    if (!std::exchange(open_, true)) {
      if (auto refusal = intercept(context_, *call_, Learner::kMayNot))
        return refuse(call_, std::move(*refusal));
    }
    etcdserverpb::LeaseKeepAliveRequest request;
    if (parse(call_, bytes, request)) stream_->ask(request.id());
  }
  void on_half_close() override { stream_->close(); }
  void on_done() override {}

 private:
  const Context& context_;
  const CallPtr call_;
  const std::shared_ptr<KeepAlives> stream_;  // shared with the answers that are under way
  bool open_ = false;
};

template <class Request>
void add_lease(rpc::Server& server, const Context& context, const std::string& name) {
  server.add_unary("/etcdserverpb.Lease/" + name, [&context](const CallPtr& call, std::string_view bytes) {
    MessageArena arena;
    auto& request = arena.make<Request>();
    if (!parse(call, bytes, request)) return;
    if (auto refusal = intercept(context, *call, Learner::kMayNot)) return refuse(call, std::move(*refusal));
    serve_lease(context, call, request);
  });
}

}  // namespace

void register_lease(rpc::Server& server, const Context& context) {
  add_lease<etcdserverpb::LeaseGrantRequest>(server, context, "LeaseGrant");
  add_lease<etcdserverpb::LeaseRevokeRequest>(server, context, "LeaseRevoke");
  add_lease<etcdserverpb::LeaseTimeToLiveRequest>(server, context, "LeaseTimeToLive");
  add_lease<etcdserverpb::LeaseLeasesRequest>(server, context, "LeaseLeases");
  server.add_stream("/etcdserverpb.Lease/LeaseKeepAlive", [&context](const CallPtr& call) {
    return std::make_unique<KeepAliveCall>(context, call);
  });
}

}  // namespace kv::api
