// What the store costs: entries applied, point reads, counting, memory and opening. Prints one line a figure.
// usage: mvcc_bench [keys, default 1000000]
#include <leveldb/env.h>
#include <malloc.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "libkv/machine/machine.h"
#include "libraft/base/random.h"
#include "libraft/disk/disk_env.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 100;
constexpr std::size_t kValueBytes = 256;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// What this thread computed; the wall clock also holds what the disk and the neighbours took.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double resident_megabytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return static_cast<double>(resident) * 4096 / 1e6;
}

/// 40 bytes, in no order.
std::string key_of(std::uint64_t i) {
  char text[48];
  std::snprintf(text, sizeof text, "/registry/pods/%016llx/%07llu",
                static_cast<unsigned long long>(i * 0x9e3779b97f4a7c15ULL),
                static_cast<unsigned long long>(i % 10000000));
  return text;
}

class Bench {
 public:
  Bench(std::string path, std::uint64_t keys) : path_(std::move(path)), keys_(keys) {}

  void run() {
    open("open, empty");
    fill("put new keys");
    compact();
    apply_puts("overwrite random keys", 300000,
               [this](std::uint64_t) { return key_of(random_.below(keys_)); });
    apply_puts("overwrite one key", 300000, [](std::uint64_t) { return key_of(1); });
    reads();
    reopen();
  }

 private:
  void open(const char* what) {
    const auto start = Clock::now();
    auto opened =
        kv::Machine::open({.env = env_.get(), .path = path_, .members = {}, .value_cache_bytes = 64U << 20U});
    if (!opened) {
      std::printf("%s\n", opened.error().text().c_str());
      std::exit(1);
    }
    machine_ = std::move(*opened);
    std::printf("%-28s %9.3f s\n", what, seconds_since(start));
  }

  void fill(const char* what) {
    const double before = resident_megabytes();
    apply_puts(what, keys_, key_of);
    std::printf("%-28s %9.1f MB grown\n", "memory", resident_megabytes() - before);
  }

  void apply_puts(const char* what, std::uint64_t count,
                  const std::function<std::string(std::uint64_t)>& key) {
    std::string value(kValueBytes, '\0');
    for (char& c : value) c = static_cast<char>(random_.next());  // does not compress
    double applying = 0;
    double computing = 0;
    for (std::uint64_t done = 0; done < count; done += kBatch) {
      std::vector<raft::Entry> batch;
      for (std::uint64_t i = 0; i < kBatch; ++i) {
        const kv::PutOp put{.key = key(done + i), .value = value};
        index_ = index_.next();
        batch.push_back(
            {.index = index_,
             .term = raft::Term(1),
             .type = raft::EntryType::kCommand,
             .payload = std::make_shared<const std::string>(kv::encode_command(raft::NodeId(1), 1, put))});
      }
      const auto start = Clock::now();
      const double cpu_start = cpu_seconds();
      const auto applied = machine_->apply(batch);
      computing += cpu_seconds() - cpu_start;
      applying += seconds_since(start);
      if (!applied || applied->size() != kBatch) std::exit(1);
    }
    std::printf("%-28s %9.0f /s, %.0f for each second of the apply thread\n", what,
                static_cast<double>(count) / applying, static_cast<double>(count) / computing);
  }

  void compact() {
    const std::int64_t revision = machine_->view().revision();
    index_ = index_.next();
    const raft::Entry entry{.index = index_,
                            .term = raft::Term(1),
                            .type = raft::EntryType::kCommand,
                            .payload = std::make_shared<const std::string>(
                                kv::encode_command(raft::NodeId(1), 1, kv::CompactOp{.revision = revision}))};
    if (!machine_->apply({&entry, 1})) std::exit(1);
    const auto start = Clock::now();
    while (*machine_->compact_some()) {
    }
    std::printf("%-28s %9.3f s\n", "compact, nothing to delete", seconds_since(start));
  }

  void time_reads(const char* what, std::uint64_t count, const std::function<kv::RangeOp()>& op) {
    const kv::ReadView view = machine_->view();
    const auto start = Clock::now();
    std::int64_t seen = 0;
    for (std::uint64_t i = 0; i < count; ++i) seen += view.range(op())->count;
    const double each = seconds_since(start) / static_cast<double>(count);
    std::printf("%-28s %9.2f us (%lld keys counted)\n", what, each * 1e6,
                static_cast<long long>(seen / static_cast<std::int64_t>(count)));
  }

  void reads() {
    kv::RangeOp hot;
    hot.key = key_of(1);
    time_reads("get, hot", 1000000, [&] { return hot; });
    time_reads("get, any key", 100000, [&] {
      kv::RangeOp op;
      op.key = key_of(random_.below(keys_));
      return op;
    });
    kv::RangeOp all;
    all.key = std::string(1, '\0');
    all.range_end = all.key;
    all.count_only = true;
    time_reads("count of all", 100000, [&] { return all; });
    all.count_only = false;
    all.limit = 500;
    time_reads("page of 500, cached", 200, [&] { return all; });
    all.limit = 10000;
    time_reads("page of 10,000, first", 1, [&] { return all; });
    time_reads("page of 10,000, again", 20, [&] { return all; });
    all.limit = 0;
    time_reads("every key with its value", 1, [&] { return all; });
    all.count_only = true;
    all.revision = machine_->view().revision() - 1000;
    time_reads("count of all in the past", 1, [&] { return all; });
  }

  void reopen() {
    std::printf("%-28s %9.1f MB on disk, %.1f MB in use\n", "size",
                static_cast<double>(machine_->bytes_on_disk()) / 1e6,
                static_cast<double>(machine_->bytes_in_use()) / 1e6);
    machine_.reset();
    malloc_trim(0);
    const double before = resident_megabytes();
    open("open, all keys and history");
    malloc_trim(0);
    std::printf("%-28s %9.1f MB grown\n", "memory after open", resident_megabytes() - before);
  }

  const std::unique_ptr<leveldb::Env> env_ = raft::make_disk_env({});
  const std::string path_;
  const std::uint64_t keys_;
  raft::Index index_;
  raft::Random random_{1};
  std::unique_ptr<kv::Machine> machine_;
};

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t keys = 1000000;
  if (argc > 1) {
    const std::string_view text(argv[1]);
    std::from_chars(text.data(), text.data() + text.size(), keys);
  }
  std::string path = (std::filesystem::temp_directory_path() / "mvcc_bench_XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) return 1;
  Bench(path, keys).run();
  std::filesystem::remove_all(path);
  return 0;
}
