// A plain HTTP request that came over HTTP/2 (contract T2): answered by the same handler as HTTP/1.1.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "libkv/rpc/inbox.h"
#include "libkv/rpc/request_head.h"
#include "libkv/rpc/server.h"
#include "libkv/rpc/server_stream.h"

namespace kv::rpc {

class H2Server;

/// Thread: the loop's; the answer may come from any.
class H2HttpStream final : public ServerStream,
                           public Addressee,
                           public std::enable_shared_from_this<H2HttpStream> {
 public:
  explicit H2HttpStream(H2Server& server) : server_(&server) {}

  void open(RequestHead& head);

 private:
  void on_data(std::string_view bytes) override;
  void on_peer_end() override;
  void on_closed() override { server_ = nullptr; }
  void release_held() override {}
  void on_shutdown() override;
  bool submit_trailers() override { return false; }
  void on_output_taken(std::size_t count) override;
  void deliver(Mail&&) override {}

  void answer(HttpResponse response);

  H2Server* server_;  // null once the stream is closed
  HttpRequest request_;
  bool answered_ = false;
};

}  // namespace kv::rpc
