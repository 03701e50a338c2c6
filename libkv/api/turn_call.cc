#include "libkv/api/turn_call.h"

#include <utility>

#include "libkv/api/unary.h"

namespace kv::api {
namespace {

/// What all calls of one method share.
struct TurnMethod {
  const Context& context;
  ReadTurn read;
  AnswerTurn answer;
  std::atomic<std::size_t> waiting = 0;
};

class TurnCall final : public rpc::StreamHandler {
 public:
  TurnCall(std::shared_ptr<TurnMethod> method, rpc::CallPtr call)
      : method_(std::move(method)), call_(std::move(call)) {}

  void on_message(std::string_view bytes) override {
    if (std::exchange(asked_, true)) {
      return refuse(call_, {rpc::Code::kInternal, "grpc: more than one request message"});
    }
    if (auto refusal = intercept(method_->context, *call_, Learner::kMayNot)) {
      return refuse(call_, std::move(*refusal));
    }
    TurnRequest request;
    if (!method_->read(call_, bytes, request)) return;
    counted_ = true;
    if (++method_->waiting > kTurnsMax) return refuse(call_, status_of(ServerError::kTooManyRequests));
    turn_ = std::make_shared<Turn>(method_->context, call_, request,
                                   [call = call_, method = method_, request](const Place& place) {
                                     method->answer(call, request, place);
                                   });
    with_caller(method_->context, call_, [turn = turn_](Caller caller) { turn->start(std::move(caller)); });
  }
  void on_half_close() override {
    if (!asked_) refuse(call_, {rpc::Code::kInternal, "grpc: no request message"});
  }
  void on_done() override {
    if (counted_) --method_->waiting;
    if (turn_) turn_->abandon();
  }

 private:
  const std::shared_ptr<TurnMethod> method_;  // shared by the calls of a method and its registration
  const rpc::CallPtr call_;
  std::shared_ptr<Turn> turn_;  // shared with what it waits for
  bool asked_ = false;
  bool counted_ = false;
};

}  // namespace

void add_turn(rpc::Server& server, const Context& context, const std::string& path, ReadTurn read,
              AnswerTurn answer) {
  auto method = std::make_shared<TurnMethod>(context, std::move(read), std::move(answer));
  server.add_stream(path, [method = std::move(method)](const rpc::CallPtr& call) {
    return std::make_unique<TurnCall>(method, call);
  });
}

}  // namespace kv::api
