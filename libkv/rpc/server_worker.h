// One I/O thread of a server with its connections.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "libkv/rpc/loop.h"
#include "libkv/rpc/registry.h"
#include "libkv/rpc/server.h"
#include "libkv/rpc/wire.h"
#include "libraft/base/log_sink.h"

namespace kv::rpc {

/// What all connections of a server share. Constant once the server listens.
struct ServerShared {
  ServerOptions options;
  ServerObserver observer;
  raft::LogSink log;
  Registry registry;
  HttpHandler http;

  /// One line in the debug log, if there is a log.
  void debug(const std::string& line) const {
    if (log) log(raft::LogLevel::kDebug, line);
  }
};

class ServerConnection;

/// Thread: the loop's, except where it says otherwise.
class ServerWorker {
 public:
  /// `shared` outlives the worker. `progress` runs during a drain whenever one of the counts has fallen.
  ServerWorker(const ServerShared& shared, std::string name, std::function<void()> progress);
  ~ServerWorker();

  [[nodiscard]] Loop& loop() { return loop_; }
  [[nodiscard]] const ServerShared& shared() const { return shared_; }

  void add(std::shared_ptr<Wire> wire, std::string peer);
  void remove(ServerConnection& connection);
  /// The connection has said its last word.
  void connection_ends();
  void unary_begins() { change(open_unary_, 1); }
  void unary_ends();
  void count_bytes(std::size_t received, std::size_t sent);

  /// Connections take nothing new and answer what is open.
  void drain();
  /// Ends streams and what else is open.
  void end();
  /// Drops every connection.
  void close_all();

  /// Any thread.
  [[nodiscard]] std::size_t open_unary() const { return open_unary_.load(); }
  /// Any thread. Those that only linger do not count.
  [[nodiscard]] std::size_t open_connections() const { return open_connections_.load(); }

 private:
  /// Only the loop writes, so that a count costs no locked instruction.
  static void change(std::atomic<std::size_t>& count, std::ptrdiff_t by) {
    count.store(count.load(std::memory_order_relaxed) + static_cast<std::size_t>(by),
                std::memory_order_release);
  }
  std::vector<std::shared_ptr<ServerConnection>> snapshot() const;

  const ServerShared& shared_;
  std::function<void()> progress_;
  Loop loop_;
  std::unordered_set<std::shared_ptr<ServerConnection>> connections_;  // shared with the running turn
  std::atomic<std::size_t> open_unary_ = 0;
  std::atomic<std::size_t> open_connections_ = 0;
  bool draining_ = false;
  bool closed_ = false;
};

}  // namespace kv::rpc
