#include "tests/unit/rpc/support.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace kv::rpc::test {

void Signal::raise(int by) {
  // Notified under the lock: whoever waits may destroy the signal right after.
  std::lock_guard lock(mutex_);
  count_ += by;
  changed_.notify_all();
}

bool Signal::wait(int count, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return count_ >= count; });
}

int Signal::count() const {
  std::lock_guard lock(mutex_);
  return count_;
}

Answerer::Answerer() : thread_([this] { run(); }) {}

Answerer::~Answerer() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  ready_.notify_all();
  thread_.join();
}

void Answerer::add(std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
  }
  ready_.notify_one();
}

void Answerer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    ready_.wait(lock, [this] { return stop_ || !work_.empty(); });
    if (work_.empty()) return;
    auto work = std::move(work_.front());
    work_.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
}

namespace {

class Chat final : public StreamHandler {
 public:
  Chat(CallPtr call, Signal& done) : call_(std::move(call)), done_(done) {}
  void on_message(std::string_view message) override { call_->send(std::string(message)); }
  void on_half_close() override { call_->finish({}); }
  void on_done() override { done_.raise(); }

 private:
  CallPtr call_;
  Signal& done_;
};

class Count final : public StreamHandler {
 public:
  explicit Count(CallPtr call) : call_(std::move(call)) {}
  void on_message(std::string_view) override { ++count_; }
  void on_half_close() override { call_->reply(std::to_string(count_)); }
  void on_done() override {}

 private:
  CallPtr call_;
  int count_ = 0;
};

/// Sends as long as little is queued, and looks again on the connection's thread.
class Flood final : public StreamHandler, public std::enable_shared_from_this<Flood> {
 public:
  Flood(CallPtr call, TestServer& server) : call_(std::move(call)), server_(server) {}

  void on_message(std::string_view message) override {
    left_ = std::stoi(std::string(message));
    pump(call_);
  }
  void on_half_close() override {}
  void on_done() override { server_.done.raise(); }

 private:
  static constexpr std::size_t kMessageBytes = 1 << 20;
  static constexpr std::size_t kQueuedMax = 4 * kMessageBytes;

  void pump(const CallPtr& call) {
    while (left_ > 0 && call->queued_bytes() < kQueuedMax) {
      call->send(std::string(kMessageBytes, 'x'));
      --left_;
      std::lock_guard lock(server_.mutex);
      server_.queued_bytes_max = std::max(server_.queued_bytes_max, call->queued_bytes());
    }
    if (left_ == 0) return call->finish({});
    if (call->cancelled()) return;
    server_.answerer.add([this, call] {
      call->post([this, call] {
        if (!call->cancelled()) pump(call);
      });
    });
  }

  CallPtr call_;
  TestServer& server_;
  int left_ = 0;
};

}  // namespace

TestServer::TestServer(ServerOptions options, std::optional<TlsOptions> tls) {
  server = Server::create(options, {}, [this](raft::LogLevel, std::string_view line) {
    std::lock_guard lock(mutex);
    log.emplace_back(line);
  });
  add_unary();
  add_streams();
  add_http();
  auto bound = server->listen("127.0.0.1", 0, std::move(tls));
  if (!bound) ADD_FAILURE() << bound.error().text();
  port = bound.value_or(0);
  server->start();
}

TestServer::~TestServer() {
  server.reset();
}

void TestServer::add_unary() {
  server->add_unary("/test.Echo/Unary",
                    [](const CallPtr& call, std::string_view request) { call->reply(std::string(request)); });
  server->add_unary("/test.Echo/Elsewhere", [this](const CallPtr& call, std::string_view request) {
    answerer.add([call, text = std::string(request)] { call->reply(text); });
  });
  server->add_unary("/test.Echo/Fail", [](const CallPtr& call, std::string_view request) {
    call->finish({static_cast<Code>(request.at(0)), std::string(request.substr(1))});
  });
  server->add_unary("/test.Echo/Name", [](const CallPtr& call, std::string_view) {
    call->reply(std::string(call->certificate_name()));
  });
  server->add_unary("/test.Echo/Metadata", [](const CallPtr& call, std::string_view) {
    std::string text;
    for (const auto& [name, value] : call->metadata()) text += name + "=" + value + ";";
    call->reply(text);
  });
  server->add_unary("/test.Echo/Heavy", [this](const CallPtr& call, std::string_view) {
    call->post([this, call] {
      made.raise();
      call->reply(std::string(1 << 20, 'h'));
    });
  });
  server->add_unary("/test.Echo/Hang", [this](const CallPtr& call, std::string_view) {
    {
      std::lock_guard lock(mutex);
      hung.push_back(call);
    }
    hanging.raise();
  });
}

void TestServer::add_streams() {
  server->add_stream("/test.Echo/Chat",
                     [this](const CallPtr& call) { return std::make_unique<Chat>(call, done); });
  server->add_stream("/test.Echo/Count", [](const CallPtr& call) { return std::make_unique<Count>(call); });
  server->add_stream("/test.Echo/Flood",
                     [this](const CallPtr& call) { return std::make_unique<Flood>(call, *this); });
}

void TestServer::add_http() {
  server->set_http([](HttpRequest request, std::function<void(HttpResponse)> answer) {
    HttpResponse response;
    response.headers.emplace_back("X-Test", "yes");
    if (request.target == "/echo") {
      response.body = request.method + " " + request.body;
    } else if (request.target == "/large") {
      response.body.assign(1 << 20, 'z');
    } else {
      response.status = 404;
    }
    answer(std::move(response));
  });
}

std::vector<CallPtr> TestServer::hung_calls() {
  std::lock_guard lock(mutex);
  return hung;
}

bool TestServer::logged(std::string_view text) {
  std::lock_guard lock(mutex);
  return std::ranges::any_of(log, [&](const std::string& line) { return line.contains(text); });
}

TestClient::TestClient(std::uint16_t port, std::optional<ClientTlsOptions> tls) : loop(ClientLoop::create()) {
  auto connected = Channel::connect(*loop, {.host = "127.0.0.1", .port = port, .tls = std::move(tls)});
  if (!connected) {
    ADD_FAILURE() << connected.error().text();
    return;
  }
  channel = std::move(*connected);
}

UnaryResult TestClient::call(std::string_view method, std::string request, CallOptions options) {
  if (!options.timeout) options.timeout = kPatience;
  return channel->call("/test.Echo/" + std::string(method), std::move(request), std::move(options));
}

StreamEvents StreamLog::events() {
  return {.on_message =
              [this](std::string message) {
                {
                  std::lock_guard lock(mutex);
                  messages.push_back(std::move(message));
                }
                messages_seen.raise();
              },
          .on_done =
              [this](Status outcome) {
                status = std::move(outcome);
                done.raise();
              }};
}

}  // namespace kv::rpc::test
