// Synced batches a second through the durable log, on LevelDB's own Env and on ours, side by side: the rounds
// alternate, so that a busy machine slows both. usage: log_bench [SECONDS PER ROUND] [ROUNDS] [DIRECTORY]
#include <leveldb/env.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "libraft/disk/disk_env.h"
#include "libraft/log/log_store.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Shape {
  const char* name;
  std::size_t entries;
  std::size_t payload_bytes;
};

constexpr Shape kShapes[] = {{"1 x 100 B", 1, 100}, {"64 x 300 B", 64, 300}};

/// Batches a second.
double measure(leveldb::Env* env, const std::string& path, const Shape& shape, double seconds) {
  std::filesystem::remove_all(path);
  auto log = raft::open_log_store({.env = env, .path = path});
  if (!log) {
    std::fprintf(stderr, "%s\n", log.error().text().c_str());
    std::exit(1);
  }
  const auto payload = std::make_shared<const std::string>(shape.payload_bytes, 'p');
  raft::LogBatch batch;
  std::uint64_t index = 0;
  std::uint64_t batches = 0;
  const auto start = Clock::now();
  std::chrono::duration<double> passed{};
  for (; passed.count() < seconds; ++batches, passed = Clock::now() - start) {
    batch.entries.clear();
    for (std::size_t i = 0; i < shape.entries; ++i) {
      batch.entries.push_back({raft::Index(++index), raft::Term(1), raft::EntryType::kCommand, payload});
    }
    if (const auto appended = (*log)->append(batch); !appended) {
      std::fprintf(stderr, "%s\n", appended.error().text().c_str());
      std::exit(1);
    }
  }
  log->reset();
  std::filesystem::remove_all(path);
  return static_cast<double>(batches) / passed.count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void report(const char* env, const Shape& shape, const std::vector<double>& rates) {
  const double entries = static_cast<double>(shape.entries);
  std::printf("%-6s %-11s median %8.0f batches/s %9.0f entries/s   best %8.0f batches/s %9.0f entries/s\n",
              env, shape.name, median(rates), median(rates) * entries,
              *std::max_element(rates.begin(), rates.end()),
              *std::max_element(rates.begin(), rates.end()) * entries);
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1.0;
  const int rounds = std::max(argc > 2 ? std::atoi(argv[2]) : 7, 1);
  const std::string directory = argc > 3 ? argv[3] : std::filesystem::temp_directory_path().string();
  std::string pattern = directory + "/log_bench_XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) {
    std::perror(pattern.c_str());
    return 1;
  }
  const auto ours = raft::make_disk_env({});
  for (const Shape& shape : kShapes) {
    std::vector<double> stock_rates;
    std::vector<double> our_rates;
    for (int round = 0; round < rounds; ++round) {
      stock_rates.push_back(measure(leveldb::Env::Default(), pattern + "/stock", shape, seconds));
      our_rates.push_back(measure(ours.get(), pattern + "/ours", shape, seconds));
    }
    report("stock", shape, stock_rates);
    report("ours", shape, our_rates);
  }
  std::filesystem::remove_all(pattern);
  return 0;
}
