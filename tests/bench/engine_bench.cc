// How many writes one member without peers takes: log, raft, machine and waiters, without the network. A
// report.
#include <leveldb/env.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <thread>

#include "libkv/server/replica_server.h"
#include "libraft/disk/disk_env.h"

namespace {

/// A member alone needs no network.
class NoTransport final : public raft::Transport {
 public:
  void send(raft::NodeId /*to*/, std::vector<raft::Message> /*messages*/) override {}
  [[nodiscard]] bool connected(raft::NodeId /*peer*/) const override { return false; }
};

}  // namespace

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  const int in_flight = argc > 1 ? std::atoi(argv[1]) : 256;
  const int seconds = argc > 2 ? std::atoi(argv[2]) : 3;
  std::string directory = (std::filesystem::temp_directory_path() / "engine-bench-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return 1;
  auto env = raft::make_disk_env({});
  auto log = raft::open_log_store({.env = env.get(), .path = directory + "/wal"});
  auto machine = kv::Machine::open(
      {.env = env.get(), .path = directory + "/snap", .members = {{.id = raft::NodeId(1)}}});
  NoTransport transport;
  kv::ReplicaServerOptions options;
  options.replica.self = raft::NodeId(1);
  auto server = kv::ReplicaServer::start(options, {log->get(), machine->get(), &transport},
                                         [](raft::LogLevel, std::string_view) {},
                                         {.failed = [](const raft::Error&) {}});
  std::atomic<bool> running = true;
  std::atomic<std::uint64_t> done = 0;
  std::atomic<int> open = in_flight;
  const std::string value(256, 'v');
  std::function<void(int)> write = [&](int writer) {
    if (!running) {
      --open;
      return;
    }
    const std::uint64_t number = ++done;
    kv::PutOp put{.key = "bench/" + std::to_string(number % 100000), .value = value};
    (*server)->write(std::move(put), [&write, writer](auto&&) { write(writer); });
  };
  const auto start = Clock::now();
  for (int writer = 0; writer < in_flight; ++writer) write(writer);
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  const std::uint64_t count = done;
  const double took = std::chrono::duration<double>(Clock::now() - start).count();
  running = false;
  while (open > 0) std::this_thread::yield();
  std::printf("%d in flight: %.0f puts/s\n", in_flight, static_cast<double>(count) / took);
  server->reset();
  std::filesystem::remove_all(directory);
  return 0;
}
