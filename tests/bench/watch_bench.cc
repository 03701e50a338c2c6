// Many watches on one running server: how many events reach them, and how late.
// Usage: watch_bench PORT [connections [watches [seconds [puts-in-flight [all|own]]]]]
// `all`: every watch covers every key that is put. `own`: each has its own key.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "libkv/api/proto/rpc.pb.h"
#include "libkv/rpc/client.h"

namespace {

using Clock = std::chrono::steady_clock;
using kv::rpc::Channel;

struct Options {
  std::uint16_t port = 0;
  int connections = 1000;
  int watches = 10000;
  double seconds = 5;
  int in_flight = 1;
  bool all = false;
};

Options parse(int argc, char** argv) {
  Options options;
  if (argc > 1) options.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  if (argc > 2) options.connections = std::atoi(argv[2]);
  if (argc > 3) options.watches = std::atoi(argv[3]);
  if (argc > 4) options.seconds = std::atof(argv[4]);
  if (argc > 5) options.in_flight = std::atoi(argv[5]);
  if (argc > 6) options.all = std::string(argv[6]) == "all";
  return options;
}

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count();
}

/// What arrived. On the loop's thread; read by the main thread.
struct Counts {
  std::atomic<std::uint64_t> created = 0;
  std::atomic<std::uint64_t> events = 0;
  std::atomic<std::uint64_t> puts = 0;
  std::atomic<std::uint64_t> failures = 0;
  std::vector<double> latencies_ms;  // of events; the loop's until it ends
};

void take(Counts& counts, const std::string& bytes) {
  etcdserverpb::WatchResponse response;
  if (!response.ParseFromString(bytes) || response.canceled()) ++counts.failures;
  if (response.created()) ++counts.created;
  for (const auto& event : response.events()) {
    ++counts.events;
    if (counts.events % 64 != 0) continue;
    const double late = static_cast<double>(now_ns() - std::strtoll(event.kv().value().c_str(), nullptr, 10));
    counts.latencies_ms.push_back(late / 1e6);
  }
}

std::string key_of(int watch) {
  return "watched/" + std::to_string(watch);
}

/// Puts the time, again and again; each answer sends the next.
void put_on(const std::shared_ptr<Channel>& channel, Counts& counts, const std::atomic<bool>& stop,
            int watches, int at) {
  etcdserverpb::PutRequest request;
  request.set_key(key_of(at % watches));
  request.set_value(std::to_string(now_ns()));
  channel->unary("/etcdserverpb.KV/Put", request.SerializeAsString(), {.timeout = std::chrono::seconds(10)},
                 [=, &counts, &stop](const kv::rpc::UnaryResult& result) {
                   ++(result.status.ok() ? counts.puts : counts.failures);
                   if (!stop) put_on(channel, counts, stop, watches, at + 7919);
                 });
}

double quantile(std::vector<double>& sorted, double q) {
  return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  Counts counts;
  std::atomic<bool> stop = false;
  const auto loop = kv::rpc::ClientLoop::create();
  std::vector<std::shared_ptr<Channel>> channels;
  std::vector<std::shared_ptr<kv::rpc::ClientStream>> streams;
  for (int i = 0; i < options.connections; ++i) {
    auto channel = Channel::connect(*loop, {.host = "127.0.0.1", .port = options.port});
    if (!channel) {
      std::fprintf(stderr, "%s\n", channel.error().text().c_str());
      return 1;
    }
    channels.push_back(*channel);
    streams.push_back(channels.back()->stream(
        "/etcdserverpb.Watch/Watch", {},
        {.on_message = [&counts](const std::string& message) { take(counts, message); },
         .on_done = [&counts](const kv::rpc::Status&) { ++counts.failures; }}));
  }
  const auto began = Clock::now();
  for (int i = 0; i < options.watches; ++i) {
    etcdserverpb::WatchRequest request;
    request.mutable_create_request()->set_key(options.all ? "watched/" : key_of(i));
    if (options.all) request.mutable_create_request()->set_range_end("watched0");
    streams[static_cast<std::size_t>(i % options.connections)]->send(request.SerializeAsString());
  }
  while (counts.created < static_cast<std::uint64_t>(options.watches) && counts.failures == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const std::chrono::duration<double> creating = Clock::now() - began;
  for (int i = 0; i < options.in_flight; ++i) put_on(channels.front(), counts, stop, options.watches, i);
  std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
  const double puts = static_cast<double>(counts.puts) / options.seconds;
  const double events = static_cast<double>(counts.events) / options.seconds;
  stop = true;
  std::this_thread::sleep_for(std::chrono::seconds(1));  // what is still under way
  const std::uint64_t failures = counts.failures;
  streams.clear();
  channels.clear();
  std::vector<double> late = std::move(counts.latencies_ms);
  std::sort(late.begin(), late.end());
  std::printf(
      "%d watches on %d connections created in %.2f s; %.0f puts/s, %.0f events/s, p50 %.2f ms, p99 %.2f ms,"
      " %llu failures\n",
      options.watches, options.connections, creating.count(), puts, events, quantile(late, 0.5),
      quantile(late, 0.99), static_cast<unsigned long long>(failures));
  return failures == 0 ? 0 : 1;
}
