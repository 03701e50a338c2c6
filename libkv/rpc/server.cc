#include "libkv/rpc/server.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <latch>
#include <mutex>
#include <thread>
#include <utility>

#include "libkv/rpc/limits.h"
#include "libkv/rpc/listener.h"
#include "libkv/rpc/server_worker.h"
#include "libraft/base/check.h"

namespace kv::rpc {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kIoThreadsDefaultMax = 4;

std::size_t thread_count(int wanted) {
  if (wanted > 0) return static_cast<std::size_t>(wanted);
  return std::clamp(std::thread::hardware_concurrency(), 1U, kIoThreadsDefaultMax);
}

class ServerImpl final : public Server {
 public:
  ServerImpl(ServerOptions options, ServerObserver observer, raft::LogSink log);
  ~ServerImpl() override { stop(); }

  void add_unary(std::string path, UnaryHandler handler) override {
    shared_.registry.add({std::move(path), std::move(handler), {}});
  }
  void add_stream(std::string path, StreamFactory factory) override {
    shared_.registry.add({std::move(path), {}, std::move(factory)});
  }
  const Method* find(std::string_view path) const override { return shared_.registry.find(path); }
  void set_http(HttpHandler handler) override { shared_.http = std::move(handler); }
  raft::Result<std::uint16_t> listen(const std::string& host, std::uint16_t port,
                                     std::optional<TlsOptions> tls) override;
  void start() override;
  void drain(std::chrono::milliseconds limit) override;

 private:
  void accepted(Loop& loop, std::shared_ptr<Wire> wire, std::string peer);
  void stop();
  void stop_listening();
  void on_each_worker(const std::function<void(ServerWorker&)>& work);
  void report_progress();
  void wait_until(Clock::time_point limit, const std::function<bool()>& done);

  ServerShared shared_;
  std::vector<std::unique_ptr<ServerWorker>> workers_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::atomic<bool> draining_ = false;
  std::size_t next_worker_ = 0;  // the accepting thread only
  bool started_ = false;

  std::mutex mutex_;  // guards changes_
  std::condition_variable changed_;
  std::uint64_t changes_ = 0;
};

ServerImpl::ServerImpl(ServerOptions options, ServerObserver observer, raft::LogSink log)
    : shared_{options, std::move(observer), std::move(log), {}, {}} {
  const std::size_t count = thread_count(options.io_threads);
  for (std::size_t i = 0; i < count; ++i) {
    workers_.push_back(std::make_unique<ServerWorker>(shared_, "kv-rpc-" + std::to_string(i),
                                                      [this] { report_progress(); }));
  }
}

raft::Result<std::uint16_t> ServerImpl::listen(const std::string& host, std::uint16_t port,
                                               std::optional<TlsOptions> tls) {
  RAFT_CHECK(!started_);
  auto listener = Listener::bind(workers_.front()->loop(), host, port, tls);
  if (!listener) return raft::fail(std::move(listener.error()));
  listeners_.push_back(std::move(*listener));
  return listeners_.back()->port();
}

void ServerImpl::start() {
  RAFT_CHECK(!started_);
  started_ = true;
  for (const auto& listener : listeners_) {
    listener->start([this]() -> Loop& { return workers_[next_worker_++ % workers_.size()]->loop(); },
                    [this](Loop& loop, std::shared_ptr<Wire> wire, std::string peer) {
                      accepted(loop, std::move(wire), std::move(peer));
                    },
                    shared_.options.keepalive_timeout);
  }
  for (const auto& worker : workers_) worker->loop().start();
}

void ServerImpl::accepted(Loop& loop, std::shared_ptr<Wire> wire, std::string peer) {
  std::size_t open = 0;
  for (const auto& worker : workers_) open += worker->open_connections();
  if (draining_ || open >= shared_.options.connections_max) {
    shared_.debug("event=connection_refused peer=" + peer +
                  (draining_ ? " reason=draining" : " reason=connections_max"));
    return wire->close();
  }
  for (const auto& worker : workers_) {
    if (&worker->loop() == &loop) worker->add(std::move(wire), std::move(peer));
  }
}

void ServerImpl::report_progress() {
  {
    std::lock_guard lock(mutex_);
    ++changes_;
  }
  changed_.notify_all();
}

/// Runs `work` for every worker on its own thread and waits for all of them.
void ServerImpl::on_each_worker(const std::function<void(ServerWorker&)>& work) {
  std::latch done(static_cast<std::ptrdiff_t>(workers_.size()));
  for (const auto& worker : workers_) {
    const bool pushed = worker->loop().inbox()->push(nullptr, Work([&done, &work, target = worker.get()] {
                                                       work(*target);
                                                       done.count_down();
                                                     }));
    if (!pushed) done.count_down();
  }
  done.wait();
}

void ServerImpl::wait_until(Clock::time_point limit, const std::function<bool()>& done) {
  std::unique_lock lock(mutex_);
  while (!done() && Clock::now() < limit) {
    const std::uint64_t seen = changes_;
    changed_.wait_until(lock, limit, [&] { return changes_ != seen; });
  }
}

void ServerImpl::stop_listening() {
  on_each_worker([this](ServerWorker& worker) {
    if (&worker != workers_.front().get()) return;
    for (const auto& listener : listeners_) listener->stop();
  });
}

void ServerImpl::drain(std::chrono::milliseconds limit) {
  if (!started_ || draining_.exchange(true)) return;
  const auto none = [this](std::size_t (ServerWorker::*count)() const) {
    return std::ranges::all_of(workers_,
                               [count](const auto& worker) { return (worker.get()->*count)() == 0; });
  };
  stop_listening();
  on_each_worker([](ServerWorker& worker) { worker.drain(); });
  wait_until(Clock::now() + limit, [&] { return none(&ServerWorker::open_unary); });
  on_each_worker([](ServerWorker& worker) { worker.end(); });
  wait_until(Clock::now() + kDrainFlushTime, [&] { return none(&ServerWorker::open_connections); });
  stop();
}

void ServerImpl::stop() {
  for (const auto& worker : workers_) {
    worker->loop().stop([&worker] { worker->close_all(); });
  }
}

}  // namespace

std::unique_ptr<Server> Server::create(ServerOptions options, ServerObserver observer, raft::LogSink log) {
  return std::make_unique<ServerImpl>(options, std::move(observer), std::move(log));
}

}  // namespace kv::rpc
