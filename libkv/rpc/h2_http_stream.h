// A plain HTTP request that came over HTTP/2 (contract T2): answered by the same handler as HTTP/1.1.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "libkv/rpc/http_exchange.h"
#include "libkv/rpc/request_head.h"
#include "libkv/rpc/server.h"
#include "libkv/rpc/server_stream.h"

namespace kv::rpc {

class H2Server;

/// Thread: the loop's; the answer may come from any.
class H2HttpStream final : public ServerStream,
                           private HttpAnswers,
                           public std::enable_shared_from_this<H2HttpStream> {
 public:
  explicit H2HttpStream(H2Server& server) : server_(&server) {}

  void open(RequestHead& head);

 private:
  void on_data(std::string_view bytes) override;
  void on_peer_end() override;
  void on_closed() override;
  void release_held() override {}
  void on_shutdown() override;
  bool submit_trailers() override { return false; }
  void on_output_taken(std::size_t count) override;

  void respond(HttpResponse response) override;
  void begin(const HttpResponse& head) override;
  void stream(std::string_view piece, std::size_t counted) override;
  void finish_stream() override;

  H2Server* server_;  // null once the stream is closed
  HttpRequest request_;
  std::shared_ptr<AnswerDesk> desk_;  // shared with the handler; null before and after
  bool answered_ = false;
  std::size_t streamed_ = 0;  // bytes of an answer in pieces that have not left
};

}  // namespace kv::rpc
