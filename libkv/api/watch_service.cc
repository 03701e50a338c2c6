// etcdserverpb.Watch (contract section 3) on the watches of a KvServer.
#include <memory>
#include <utility>

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

/// One stream. Thread: the call's.
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
    stream_ = context.server.watches().open(std::make_shared<CallSink>(context, call),
                                            {.needs_leader = needs_leader});
  }

  void on_message(std::string_view bytes) override {
    etcdserverpb::WatchRequest request;
    if (stream_ == nullptr || !parse(call_, bytes, request)) return;
    if (!pass_on(request)) refuse(call_, status_of(ServerError::kTooManyRequests));
  }
  /// The client goes on listening.
  void on_half_close() override {}
  void on_done() override { stream_.reset(); }

 private:
  bool pass_on(etcdserverpb::WatchRequest& request) {
    if (request.has_create_request()) return stream_->create(to_watch(*request.mutable_create_request()));
    if (request.has_cancel_request()) return stream_->cancel(request.cancel_request().watch_id());
    if (request.has_progress_request()) return stream_->ask_progress();
    return true;
  }

  const CallPtr call_;
  std::unique_ptr<WatchStream> stream_;  // null: refused, or over
};

}  // namespace

void register_watch(rpc::Server& server, const Context& context) {
  server.add_stream("/etcdserverpb.Watch/Watch",
                    [&context](const CallPtr& call) { return std::make_unique<WatchCall>(context, call); });
}

}  // namespace kv::api
