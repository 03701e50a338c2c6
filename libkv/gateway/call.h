// A request of the gateway as a call of a service: the very handlers that answer gRPC answer it.
#pragma once

#include <google/protobuf/descriptor.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libkv/rpc/server.h"

namespace kv::gateway {

using HttpAnswer = std::function<void(rpc::HttpResponse)>;

/// Thread: as rpc::ServerCall; make and run it on the connection's.
class Call final : public rpc::ServerCall, public std::enable_shared_from_this<Call> {
 public:
  struct Parts {
    const rpc::Method* method = nullptr;  ///< outlives the call
    const google::protobuf::MethodDescriptor* types = nullptr;
    std::shared_ptr<rpc::HttpExchange> exchange;  // shared with the connection
    HttpAnswer answer;
    rpc::Metadata metadata;
  };

  explicit Call(Parts parts) : parts_(std::move(parts)) {}

  /// Hands over the client's messages, then the end of them.
  void run(const std::vector<std::string>& messages);

  [[nodiscard]] std::string_view path() const override { return parts_.method->path; }
  [[nodiscard]] const rpc::Metadata& metadata() const override { return parts_.metadata; }
  /// None: the gateway's requests wait as long as those without a deadline.
  [[nodiscard]] std::optional<Clock::time_point> deadline() const override { return std::nullopt; }
  [[nodiscard]] std::string_view peer() const override { return "gateway"; }
  /// As in etcd a certificate does not say who asks here.
  [[nodiscard]] std::string_view certificate_name() const override { return {}; }
  [[nodiscard]] bool cancelled() const override { return cancelled_.load(std::memory_order_acquire); }
  void send(std::string message) override;
  void finish(rpc::Status status) override;
  void reply(std::string message) override;
  void post(std::function<void()> work) override { parts_.exchange->post(std::move(work)); }
  [[nodiscard]] std::size_t queued_bytes() const override {
    return unwritten_.load(std::memory_order_relaxed) + parts_.exchange->queued_bytes();
  }

 private:
  // On the connection's thread.
  void write(const std::string& message);
  void end(const rpc::Status& status);
  void answer_whole(const std::string& message);
  void begin();
  void over();
  [[nodiscard]] std::string to_json_or_empty(const std::string& message) const;

  const Parts parts_;
  std::atomic<bool> cancelled_ = false;
  std::atomic<bool> finished_ = false;
  std::atomic<std::size_t> unwritten_ = 0;  ///< bytes of messages on their way to the connection's thread
  // The connection's thread only.
  std::unique_ptr<rpc::StreamHandler> handler_;
  bool begun_ = false;
  bool over_ = false;
};

}  // namespace kv::gateway
