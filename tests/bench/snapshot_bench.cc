// How fast a state becomes a stream and a stream a state: bytes of values a second, each on one thread. A
// report. Usage: snapshot_bench [keys] [bytes of a value]
#include <leveldb/env.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "libkv/machine/machine.h"
#include "libraft/base/random.h"
#include "libraft/disk/disk_env.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kEntriesPerBatch = 512;
constexpr std::size_t kPieceBytes = 256U << 10U;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Half of it is random letters: about what JSON packs to.
std::string value_of(std::size_t bytes, raft::Random& random) {
  std::string value(bytes, 'v');
  for (std::size_t i = 0; i < bytes / 2; ++i) value[i] = static_cast<char>('a' + random.below(26));
  return value;
}

void fill(kv::Machine& machine, std::uint64_t keys, std::size_t value_bytes) {
  raft::Random random(1);
  std::uint64_t made = 0;
  while (made < keys) {
    std::vector<raft::Entry> entries;
    raft::Index index = machine.applied().index;
    for (std::uint64_t i = 0; i < kEntriesPerBatch && made < keys; ++i, ++made) {
      index = index.next();
      kv::PutOp put{.key = "bench/" + std::to_string(made), .value = value_of(value_bytes, random)};
      entries.push_back({.index = index,
                         .term = raft::Term(1),
                         .type = raft::EntryType::kCommand,
                         .payload = std::make_shared<const std::string>(
                             kv::encode_command(raft::NodeId(1), made, std::move(put)))});
    }
    if (!machine.apply(entries)) std::abort();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t keys = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000000;
  const std::size_t value_bytes = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 256;
  std::string directory = (std::filesystem::temp_directory_path() / "snapshot-bench-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return 1;
  {
    const auto env = raft::make_disk_env({});
    auto sender = *kv::Machine::open({.env = env.get(), .path = directory + "/from"});
    fill(*sender, keys, value_bytes);
    auto receiver = *kv::Machine::open({.env = env.get(), .path = directory + "/to"});
    const auto source = *sender->open_snapshot();
    auto sink = *receiver->receive_snapshot(source->info().last.index);
    double reading = 0;
    double writing = 0;
    std::uint64_t bytes = 0;
    for (;;) {
      const auto before = Clock::now();
      const auto piece = source->read(kPieceBytes);
      reading += seconds_since(before);
      if (!piece || piece->empty()) break;
      bytes += piece->size();
      const auto between = Clock::now();
      if (!sink->write(*piece)) return 1;
      writing += seconds_since(between);
    }
    const auto end = Clock::now();
    if (!sink->finish()) return 1;
    const double finishing = seconds_since(end);
    const auto installed = Clock::now();
    if (!receiver->install(std::move(sink))) return 1;
    const double values = static_cast<double>(keys * value_bytes) / 1e6;
    std::printf("%llu keys of %zu bytes: %.1f MB of values, %.1f MB of stream\n",
                static_cast<unsigned long long>(keys), value_bytes, values, static_cast<double>(bytes) / 1e6);
    std::printf("read    %6.2f s  %7.1f MB/s\n", reading, values / reading);
    std::printf("write   %6.2f s  %7.1f MB/s\n", writing, values / writing);
    std::printf("verify  %6.2f s  %7.1f MB/s\n", finishing, values / finishing);
    std::printf("install %6.3f ms\n", seconds_since(installed) * 1e3);
  }
  std::filesystem::remove_all(directory);
  return 0;
}
