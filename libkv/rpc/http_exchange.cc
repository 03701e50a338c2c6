#include "libkv/rpc/http_exchange.h"

namespace kv::rpc {

// What is posted has to be copyable, so that its parts are shared.

void AnswerDesk::answer(HttpResponse response) {
  auto shared = std::make_shared<HttpResponse>(std::move(response));
  post([self = shared_from_this(), shared] {
    if (self->answers_ != nullptr) self->answers_->respond(std::move(*shared));
  });
}

void AnswerDesk::begin(HttpResponse head) {
  auto shared = std::make_shared<HttpResponse>(std::move(head));
  post([self = shared_from_this(), shared] {
    if (self->answers_ != nullptr) self->answers_->begin(*shared);
  });
}

void AnswerDesk::write(std::string piece) {
  queued_bytes_ += piece.size();
  auto shared = std::make_shared<const std::string>(std::move(piece));
  post([self = shared_from_this(), shared] {
    if (self->answers_ != nullptr) self->answers_->stream(*shared, shared->size());
  });
}

void AnswerDesk::end() {
  post([self = shared_from_this()] {
    if (self->answers_ != nullptr) self->answers_->finish_stream();
  });
}

void AnswerDesk::post(std::function<void()> work) {
  static_cast<void>(inbox_->push(shared_from_this(), Work(std::move(work))));
}

void AnswerDesk::on_closed(std::function<void()> closed) {
  if (answers_ == nullptr) return closed();
  closed_ = std::move(closed);
}

void AnswerDesk::leave() {
  answers_ = nullptr;
  closed_ = nullptr;
}

void AnswerDesk::lose() {
  answers_ = nullptr;
  if (closed_) std::exchange(closed_, nullptr)();
}

}  // namespace kv::rpc
