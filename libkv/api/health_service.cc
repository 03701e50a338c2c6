// grpc.health.v1.Health: SERVING from the start, for the empty service name only (contract section 1.4).
#include "libkv/api/context.h"
#include "libkv/api/proto/health.pb.h"
#include "libkv/api/unary.h"

namespace kv::api {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

std::string answer(HealthCheckResponse::ServingStatus status) {
  HealthCheckResponse response;
  response.set_status(status);
  return response.SerializeAsString();
}

/// Answers once and then stays open: the status does not change while the server lives.
class HealthWatch final : public rpc::StreamHandler {
 public:
  explicit HealthWatch(rpc::CallPtr call) : call_(std::move(call)) {}

  void on_message(std::string_view bytes) override {
    HealthCheckRequest request;
    if (!parse(call_, bytes, request)) return;
    call_->send(answer(request.service().empty() ? HealthCheckResponse::SERVING
                                                 : HealthCheckResponse::SERVICE_UNKNOWN));
  }
  void on_half_close() override {}
  void on_done() override {}

 private:
  const rpc::CallPtr call_;
};

}  // namespace

void register_health(rpc::Server& server) {
  server.add_unary("/grpc.health.v1.Health/Check", [](const rpc::CallPtr& call, std::string_view bytes) {
    HealthCheckRequest request;
    if (!parse(call, bytes, request)) return;
    if (!request.service().empty()) return refuse(call, {rpc::Code::kNotFound, "unknown service"});
    call->reply(answer(HealthCheckResponse::SERVING));
  });
  server.add_stream("/grpc.health.v1.Health/Watch",
                    [](const rpc::CallPtr& call) { return std::make_unique<HealthWatch>(call); });
}

}  // namespace kv::api
