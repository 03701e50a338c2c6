// Echo calls per second: our client against our server, each on one thread, on loopback.
// Usage: rpc_bench [seconds [connections [streams [bytes [thread|inline]]]]]
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "libkv/rpc/client.h"
#include "libkv/rpc/server.h"
#include "libraft/base/queue.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  double seconds = 3;
  int connections = 8;
  int streams = 32;
  std::size_t bytes = 256;
  bool other_thread = false;  // answers come from a thread of their own, in batches
};

Options parse(int argc, char** argv) {
  Options options;
  if (argc > 1) options.seconds = std::atof(argv[1]);
  if (argc > 2) options.connections = std::atoi(argv[2]);
  if (argc > 3) options.streams = std::atoi(argv[3]);
  if (argc > 4) options.bytes = static_cast<std::size_t>(std::atoll(argv[4]));
  if (argc > 5) options.other_thread = std::string(argv[5]) == "thread";
  return options;
}

/// Stands for the apply thread: takes batches of calls, answers each.
class Answerer {
 public:
  struct Item {
    kv::rpc::CallPtr call;
    std::string text;
  };
  Answerer()
      : queue_(1 << 20), thread_([this] {
          std::vector<Item> batch;
          while (queue_.pop_all(batch)) {
            for (Item& item : batch) item.call->reply(std::move(item.text));
          }
        }) {}
  ~Answerer() {
    queue_.close();
    thread_.join();
  }
  void add(Item item) { static_cast<void>(queue_.push(std::move(item))); }

 private:
  raft::BatchQueue<Item> queue_;
  std::thread thread_;
};

/// Keeps one call under way on its channel until told to stop.
class Caller {
 public:
  Caller(kv::rpc::Channel& channel, std::string request, std::atomic<bool>& stop, std::atomic<int>& running)
      : channel_(channel), request_(std::move(request)), stop_(stop), running_(running) {}

  void next() {
    channel_.unary("/bench.Echo/Put", request_, {}, [this](kv::rpc::UnaryResult result) {
      if (!result.status.ok()) std::fprintf(stderr, "%s\n", result.status.message.c_str());
      if (!result.status.ok() || stop_.load(std::memory_order_relaxed)) {
        --running_;
        return;
      }
      count_.store(count_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      next();
    });
  }
  [[nodiscard]] std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  kv::rpc::Channel& channel_;
  const std::string request_;
  std::atomic<bool>& stop_;
  std::atomic<int>& running_;
  std::atomic<std::uint64_t> count_ = 0;
};

/// Of the whole process: both sides of every call.
double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  Answerer answerer;
  auto server = kv::rpc::Server::create({.io_threads = 1}, {}, {});
  server->add_unary("/bench.Echo/Put", [&](const kv::rpc::CallPtr& call, std::string_view request) {
    if (options.other_thread) {
      answerer.add({call, std::string(request)});
    } else {
      call->reply(std::string(request));
    }
  });
  const auto port = server->listen("127.0.0.1", 0, std::nullopt);
  if (!port) return 1;
  server->start();

  auto loop = kv::rpc::ClientLoop::create();
  std::vector<std::shared_ptr<kv::rpc::Channel>> channels;
  std::vector<std::unique_ptr<Caller>> callers;
  std::atomic<bool> stop = false;
  std::atomic<int> running = 0;
  for (int i = 0; i < options.connections; ++i) {
    auto channel = kv::rpc::Channel::connect(*loop, {.host = "127.0.0.1", .port = *port});
    if (!channel) return 1;
    channels.push_back(std::move(*channel));
    for (int j = 0; j < options.streams; ++j) {
      callers.push_back(
          std::make_unique<Caller>(*channels.back(), std::string(options.bytes, 'v'), stop, running));
    }
  }
  const auto began = Clock::now();
  for (const auto& caller : callers) {
    ++running;
    caller->next();
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
  std::uint64_t calls = 0;
  for (const auto& caller : callers) calls += caller->count();
  const double took = std::chrono::duration<double>(Clock::now() - began).count();
  stop = true;
  while (running > 0) std::this_thread::yield();
  std::printf(
      "connections=%d streams=%d bytes=%zu answers=%s calls=%llu calls_per_second=%.0f "
      "cpu_us_per_call=%.2f\n",
      options.connections, options.streams, options.bytes, options.other_thread ? "thread" : "inline",
      static_cast<unsigned long long>(calls), static_cast<double>(calls) / took,
      cpu_seconds() * 1e6 / static_cast<double>(calls));
}
