// etcdserverpb.Maintenance/Snapshot (contract section 7.3): the state of this member, as a snapshot of our
// own format (libkv/snapshot/FORMAT.md). Any member serves it, a learner too.
#include "libkv/api/caller.h"
#include "libkv/api/context.h"
#include "libkv/api/errors.h"
#include "libkv/api/proto/rpc.pb.h"
#include "libkv/api/snapshot_streams.h"
#include "libkv/api/unary.h"

namespace kv::api {
namespace {

class SnapshotCall final : public rpc::StreamHandler {
 public:
  SnapshotCall(const Context& context, SnapshotStreams& streams, rpc::CallPtr call)
      : context_(context), streams_(streams), call_(std::move(call)) {}

  void on_message(std::string_view bytes) override {
    if (std::exchange(asked_, true)) return;  // one request, whatever the client thinks
    if (auto refusal = intercept(context_, *call_, Learner::kMay)) return refuse(call_, std::move(*refusal));
    etcdserverpb::SnapshotRequest request;
    if (!parse(call_, bytes, request)) return;
    // The streams live as long as the method.
    with_caller(context_, call_, [&context = context_, &streams = streams_, call = call_](const Caller&) {
      auto source = context.server.open_snapshot();
      if (!source) return refuse(call, {rpc::Code::kDataLoss, source.error().text()});
      if (!streams.add(call, std::move(*source), context.server.bytes_in_use())) {
        refuse(call, status_of(ServerError::kTooManyRequests));
      }
    });
  }
  void on_half_close() override {
    if (!asked_) refuse(call_, status_of(ApiError::kBadMessage));
  }
  void on_done() override {}

 private:
  const Context& context_;
  SnapshotStreams& streams_;
  const rpc::CallPtr call_;
  bool asked_ = false;
};

}  // namespace

void register_snapshot(rpc::Server& server, const Context& context) {
  // Shared with every call's handler by the factory, which lives as long as the server.
  server.add_stream("/etcdserverpb.Maintenance/Snapshot",
                    [&context, streams = std::make_shared<SnapshotStreams>()](const rpc::CallPtr& call) {
                      return std::make_unique<SnapshotCall>(context, *streams, call);
                    });
}

}  // namespace kv::api
