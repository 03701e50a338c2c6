// A server with a few test methods, and what tests need to talk to it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "libkv/rpc/client.h"
#include "libkv/rpc/server.h"

namespace kv::rpc::test {

constexpr std::chrono::seconds kPatience{20};  // nothing in these tests may take longer

/// A value that threads wait for.
class Signal {
 public:
  void raise(int by = 1);
  /// False when `count` is not reached in time.
  bool wait(int count = 1, std::chrono::milliseconds patience = kPatience);
  [[nodiscard]] int count() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

/// Answers calls from a thread of its own, as the apply thread does.
class Answerer {
 public:
  Answerer();
  ~Answerer();
  void add(std::function<void()> work);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> work_;
  bool stop_ = false;
  std::thread thread_;
};

/// The methods, all in service "test.Echo":
///   Unary      the request back
///   Elsewhere  the same from another thread
///   Fail       error code = first byte, text = the rest
///   Metadata   "name=value;" of all metadata
///   Name       the common name of the client's certificate
///   Hang       never answers; `hanging` counts the calls, they are kept in `hung`
///   Heavy      1 MiB, made by posted work; `made` counts
///   Chat       stream: every message back; OK at half close
///   Flood      stream: the request says how many messages of 1 MiB to send, while queued_bytes() < 4 MiB
///   Count      stream: at half close, the number of messages
class TestServer {
 public:
  explicit TestServer(ServerOptions options = {.io_threads = 2},
                      std::optional<TlsOptions> tls = std::nullopt);
  ~TestServer();

  std::unique_ptr<Server> server;
  std::uint16_t port = 0;
  Signal hanging;
  Signal made;
  Signal done;  ///< on_done of stream handlers
  Answerer answerer;
  std::mutex mutex;
  std::vector<CallPtr> hung;         // guarded by mutex
  std::size_t queued_bytes_max = 0;  // the most that Flood has seen; guarded by mutex
  std::vector<std::string> log;      // guarded by mutex

  std::vector<CallPtr> hung_calls();
  bool logged(std::string_view text);

 private:
  void add_unary();
  void add_streams();
  void add_http();
};

/// A client with one channel.
class TestClient {
 public:
  explicit TestClient(std::uint16_t port, std::optional<ClientTlsOptions> tls = std::nullopt);

  UnaryResult call(std::string_view method, std::string request, CallOptions options = {});

  std::unique_ptr<ClientLoop> loop;
  std::shared_ptr<Channel> channel;
};

/// Collects what a stream gets.
struct StreamLog {
  StreamEvents events();

  Signal messages_seen;
  Signal done;
  std::mutex mutex;
  std::vector<std::string> messages;  // guarded by mutex
  Status status;                      // after done
};

}  // namespace kv::rpc::test
