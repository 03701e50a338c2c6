#include "tools/kvctl/bench_caller.h"

#include <utility>

#include "libkv/api/proto/rpc.pb.h"

namespace tools::kvctl {
namespace {

using kv::rpc::Channel;
using kv::rpc::Status;
using CallDone = std::function<void(const Status&)>;

class UnaryCaller final : public BenchCaller {
 public:
  UnaryCaller(const RequestMold& mold, const BenchToken& token, CallDone done)
      : mold_(mold), token_(token), done_(std::move(done)) {}

  void call(Channel& channel, std::uint64_t key) override {
    channel.unary(mold_.path(), mold_.make(key), token_.options(),
                  [this](const kv::rpc::UnaryResult& result) { done_(result.status); });
  }

 private:
  const RequestMold& mold_;
  const BenchToken& token_;
  const CallDone done_;
};

/// A lease of its own, kept alive on a stream that stays open. The first call also grants and opens.
class KeepAliveCaller final : public BenchCaller {
 public:
  KeepAliveCaller(const RequestMold& mold, const BenchToken& token, CallDone done)
      : mold_(mold), token_(token), done_(std::move(done)) {}

  void call(Channel& channel, std::uint64_t) override {
    if (stream_) return ask();
    channel.unary(mold_.path(), mold_.make(0), token_.options(),
                  [this, &channel](const kv::rpc::UnaryResult& result) {
                    if (!result.status.ok()) return done_(result.status);
                    granted(channel, result.response);
                  });
  }

 private:
  void granted(Channel& channel, const std::string& bytes) {
    etcdserverpb::LeaseGrantResponse response;
    if (!response.ParseFromString(bytes))
      return done_({kv::rpc::Code::kInternal, "no answer of the etcd API"});
    etcdserverpb::LeaseKeepAliveRequest request;
    request.set_id(response.id());
    request_ = request.SerializeAsString();
    stream_ = channel.stream("/etcdserverpb.Lease/LeaseKeepAlive", token_.options(),
                             {.on_message = [this](const std::string& answer) { answered(answer); },
                              .on_done = [this](const Status& status) { ended(status); }});
    ask();
  }

  void ask() {
    waiting_ = true;
    stream_->send(request_);
  }

  void answered(const std::string& bytes) {
    etcdserverpb::LeaseKeepAliveResponse response;
    // Ends with a failure, and the next call grants another lease.
    if (!response.ParseFromString(bytes) || response.ttl() <= 0) return stream_->cancel();
    waiting_ = false;
    done_({});
  }

  void ended(const Status& status) {
    stream_.reset();
    if (std::exchange(waiting_, false)) {
      done_(status.ok() ? Status{kv::rpc::Code::kUnavailable, "the stream of keep-alives ended"} : status);
    }
  }

  const RequestMold& mold_;
  const BenchToken& token_;
  const CallDone done_;
  std::string request_;
  std::shared_ptr<kv::rpc::ClientStream> stream_;  // shared with its channel
  bool waiting_ = false;
};

}  // namespace

std::unique_ptr<BenchCaller> make_bench_caller(const BenchPlan& plan, const RequestMold& mold,
                                               const BenchToken& token, CallDone done) {
  if (plan.operation == BenchOperation::kLeaseKeepAlives) {
    return std::make_unique<KeepAliveCaller>(mold, token, std::move(done));
  }
  return std::make_unique<UnaryCaller>(mold, token, std::move(done));
}

}  // namespace tools::kvctl
