// A plain HTTP request under way, as those see it who answer: from any thread, whether or not the connection
// is still there.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "libkv/rpc/inbox.h"
#include "libkv/rpc/server.h"

namespace kv::rpc {

/// The connection's side. Thread: the loop's.
class HttpAnswers {
 public:
  virtual void respond(HttpResponse response) = 0;
  // An answer in pieces.
  virtual void begin(const HttpResponse& head) = 0;
  /// `counted`: how much of it is in AnswerDesk's count.
  virtual void stream(std::string_view piece, std::size_t counted) = 0;
  virtual void finish_stream() = 0;

 protected:
  ~HttpAnswers() = default;
};

/// What a handler is given.
class AnswerDesk final : public Addressee,
                         public HttpExchange,
                         public std::enable_shared_from_this<AnswerDesk> {
 public:
  AnswerDesk(HttpAnswers& answers, std::shared_ptr<Inbox> inbox)
      : answers_(&answers), inbox_(std::move(inbox)) {}

  void answer(HttpResponse response);
  void begin(HttpResponse head) override;
  void write(std::string piece) override;
  void end() override;
  [[nodiscard]] std::size_t queued_bytes() const override { return queued_bytes_.load(); }
  void post(std::function<void()> work) override;

  // On the loop's thread.
  void on_closed(std::function<void()> closed) override;
  /// The answer is whole.
  void leave();
  /// The client is gone, or must go.
  void lose();
  /// So much of what was written has left.
  void taken(std::size_t bytes) { queued_bytes_ -= bytes; }

 private:
  void deliver(Mail&&) override {}

  HttpAnswers* answers_;  // the loop's thread only; null once answered or lost
  std::shared_ptr<Inbox> inbox_;
  std::function<void()> closed_;  // the loop's thread only
  std::atomic<std::size_t> queued_bytes_ = 0;
};

}  // namespace kv::rpc
