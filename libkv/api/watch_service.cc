// etcdserverpb.Watch (contract section 3) on the watches of a KvServer.
#include <deque>
#include <memory>
#include <utility>

#include "libkv/api/caller.h"
#include "libkv/api/context.h"
#include "libkv/api/errors.h"
#include "libkv/api/proto/rpc.pb.h"
#include "libkv/api/unary.h"
#include "libkv/api/watch_response.h"

namespace kv::api {
namespace {

using rpc::CallPtr;

rpc::Status status_at_end(WatchEnd why) {
  switch (why) {
    case WatchEnd::kNoLeader:
      return status_of(ServerError::kNoLeader);
    case WatchEnd::kStopped:
      return status_of(ServerError::kStopped);
    case WatchEnd::kBroken:
      return status_of(ReadFault{});
  }
  return {};
}

/// What a stream is told becomes messages of its call. Thread: that of the watches.
class CallSink final : public WatchSink {
 public:
  CallSink(const Context& context, CallPtr call) : context_(context), call_(std::move(call)) {}

  void created(const WatchCreated& created) override {
    call_->send(encode(header(created.revision), created));
  }
  void events(const WatchEvents& events) override {
    encode_events(header(events.revision), events, context_.options.watch_fragment_bytes,
                  [this](std::string message) { call_->send(std::move(message)); });
  }
  void canceled(const WatchCanceled& canceled) override {
    call_->send(encode(header(canceled.revision), canceled));
  }
  void progress(std::int64_t watch_id, std::int64_t revision) override {
    call_->send(encode_progress(header(revision), watch_id));
  }
  void ended(WatchEnd why) override { call_->finish(status_at_end(why)); }
  [[nodiscard]] std::size_t queued_bytes() const override { return call_->queued_bytes(); }

 private:
  [[nodiscard]] Header header(std::int64_t revision) const { return {context_.server.origin(), revision}; }

  const Context& context_;
  const CallPtr call_;
};

WatchRequest to_watch(etcdserverpb::WatchCreateRequest& request) {
  WatchRequest watch{.key = std::move(*request.mutable_key()),
                     .range_end = std::move(*request.mutable_range_end()),
                     .start_revision = request.start_revision(),
                     .watch_id = request.watch_id(),
                     .progress_notify = request.progress_notify(),
                     .prev_kv = request.prev_kv(),
                     .fragment = request.fragment()};
  for (const int filter : request.filters()) {
    watch.no_puts |= filter == etcdserverpb::WatchCreateRequest::NOPUT;
    watch.no_deletes |= filter == etcdserverpb::WatchCreateRequest::NODELETE;
  }
  return watch;
}

/// As etcd has it in words.
std::string reason_of(const rpc::Status& status) {
  return "rpc error: code = " + std::string(rpc::name(status.code)) + " desc = " + status.message;
}

/// What the client of one stream asks for, in its order. Thread: the call's.
class WatchRequests : public std::enable_shared_from_this<WatchRequests> {
 public:
  WatchRequests(const Context& context, CallPtr call, std::unique_ptr<WatchStream> stream)
      : context_(context), call_(std::move(call)), stream_(std::move(stream)) {}

  void take(etcdserverpb::WatchRequest request) {
    if (stream_ == nullptr) return;
    if (!recognising_) return check(pass_on(request));
    held_bytes_ += request.ByteSizeLong() + sizeof(request);
    if (held_bytes_ > kHeldBytesMax) return check(false);
    held_.push_back(std::move(request));
  }
  void close() { stream_.reset(); }

 private:
  void check(bool taken) {
    if (!taken) refuse(call_, status_of(ServerError::kTooManyRequests));
  }

  bool pass_on(etcdserverpb::WatchRequest& request) {
    if (request.has_create_request()) return create(*request.mutable_create_request());
    if (request.has_cancel_request()) return stream_->cancel(request.cancel_request().watch_id());
    if (request.has_progress_request()) return stream_->ask_progress();
    return true;
  }

  /// Whether the client may is asked now, and never again (contract section 3.6).
  bool create(etcdserverpb::WatchCreateRequest& request) {
    WatchRequest watch = to_watch(request);
    if (!context_.server.auth_enabled()) return stream_->create(std::move(watch));
    auto known = recognise(context_, *call_);
    if (known) return create_for(*known, std::move(watch));
    recognising_ = true;
    await_caller(context_, call_,
                 [self = shared_from_this(), watch = std::move(watch)](const Recognised& caller) {
                   if (self->stream_ != nullptr) self->recognised(caller, watch);
                 });
    return true;
  }

  bool create_for(const Recognised& caller, WatchRequest watch) {
    if (!caller) return stream_->refuse(reason_of(caller.error()));
    const auto may_watch = [&watch](const AuthTable& table, const Principal& principal) {
      const std::string_view key = watch.key.empty() ? std::string_view("\0", 1) : watch.key;
      return table.may(principal, PermissionType::kRead, key, watch.range_end);
    };
    if (auto status = refused(context_, *caller, may_watch)) return stream_->refuse(reason_of(*status));
    return stream_->create(std::move(watch));
  }

  /// Goes on with what came meanwhile, which may have to wait in turn.
  void recognised(const Recognised& caller, WatchRequest watch) {
    recognising_ = false;
    check(create_for(caller, std::move(watch)));
    held_bytes_ = 0;
    for (auto& request : std::exchange(held_, {})) take(std::move(request));
  }

  static constexpr std::size_t kHeldBytesMax = 4U << 20U;

  const Context& context_;
  const CallPtr call_;
  std::unique_ptr<WatchStream> stream_;          // null: over
  bool recognising_ = false;                     // a request waits for this member to know who makes it
  std::deque<etcdserverpb::WatchRequest> held_;  // behind it
  std::size_t held_bytes_ = 0;
};

class WatchCall final : public rpc::StreamHandler {
 public:
  WatchCall(const Context& context, const CallPtr& call) : call_(call) {
    auto refusal = intercept(context, *call, Learner::kMayNot);
    if (!refusal && context.server.is_odd()) refusal = status_of(ServerError::kCorrupt);
    if (refusal) {
      refuse(call, std::move(*refusal));
      return;
    }
    const bool needs_leader = rpc::find(call->metadata(), "hasleader") == "true";
    requests_ = std::make_shared<WatchRequests>(
        context, call,
        context.server.watches().open(std::make_shared<CallSink>(context, call),
                                      {.needs_leader = needs_leader}));
  }

  void on_message(std::string_view bytes) override {
    etcdserverpb::WatchRequest request;
    if (requests_ != nullptr && parse(call_, bytes, request)) requests_->take(std::move(request));
  }
  /// The client goes on listening.
  void on_half_close() override {}
  void on_done() override {
    if (requests_) requests_->close();
  }

 private:
  const CallPtr call_;
  std::shared_ptr<WatchRequests> requests_;  // shared with what waits; null: refused
};

}  // namespace

void register_watch(rpc::Server& server, const Context& context) {
  server.add_stream("/etcdserverpb.Watch/Watch",
                    [&context](const CallPtr& call) { return std::make_unique<WatchCall>(context, call); });
}

}  // namespace kv::api
