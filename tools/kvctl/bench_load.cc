#include "tools/kvctl/bench_load.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "libkv/rpc/client.h"
#include "libraft/base/random.h"
#include "tools/kvctl/bench_caller.h"
#include "tools/kvctl/bench_token.h"
#include "tools/kvctl/dialer.h"

namespace tools::kvctl {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kTick{10};
constexpr std::size_t kFailureTextsMax = 32;

/// What all streams look at. Constant once the first call is made, apart from the atomics.
struct Course {
  const BenchPlan& plan;
  const RequestMold& mold;
  BenchToken& token;
  Clock::time_point measure_from;  // set before the first call
  Clock::time_point end;           // of a timed run; likewise
  std::atomic<std::int64_t> calls_left;
  std::atomic<std::uint64_t> next_key{0};
  std::atomic<bool> stop{false};
};

/// What the streams of one loop write: one thread, no locks. Read by others once the loop has ended.
struct LoopRecord {
  BenchResult result;
  Clock::time_point last;
  std::atomic<std::uint64_t> done{0};  // written by the loop's thread, read by any
};

class Bench;

/// One call after the other. Thread: its loop's; the main one while it is parked.
class Stream {
 public:
  Stream(Bench& bench, Course& course, LoopRecord& record, std::size_t connection, std::uint64_t seed)
      : bench_(bench),
        course_(course),
        record_(record),
        connection_(connection),
        random_(seed),
        caller_(make_bench_caller(course.plan, course.mold, course.token,
                                  [this](const kv::rpc::Status& status) { take(status); })) {}

  void start(const std::shared_ptr<kv::rpc::Channel>& channel);
  [[nodiscard]] std::size_t connection() const { return connection_; }

 private:
  [[nodiscard]] bool take_ticket(Clock::time_point now);
  std::uint64_t pick_key();
  void issue(Clock::time_point now);
  void take(const kv::rpc::Status& status);
  void record_failure(const kv::rpc::Status& status);

  Bench& bench_;
  Course& course_;
  LoopRecord& record_;
  const std::size_t connection_;
  raft::Random random_;
  const std::unique_ptr<BenchCaller> caller_;
  kv::rpc::Channel* channel_ = nullptr;
  Clock::time_point issued_;
};

/// The loops, their connections and streams. Thread: the main one, except for park and leave.
class Bench {
 public:
  Bench(const BenchPlan& plan, Client& client, const RequestMold& mold)
      : plan_(plan),
        settings_(client.settings()),
        token_(client),
        course_{.plan = plan,
                .mold = mold,
                .token = token_,
                .calls_left = static_cast<std::int64_t>(plan.total)} {}

  ~Bench() {
    course_.stop = true;
    channels_.clear();
    loops_.clear();  // cancels what is still under way; streams and records are there until then
  }

  Outcome<void> connect();
  Outcome<void> run(const std::function<void(std::uint64_t)>& progress);
  std::unique_ptr<BenchResult> collect();

  // For the streams.
  void park(Stream& stream);
  void leave();

 private:
  Outcome<void> dial(std::size_t connection);
  [[nodiscard]] std::uint64_t done() const;
  Outcome<void> resume_parked();
  bool wait_tick();

  const BenchPlan& plan_;
  const Settings& settings_;
  BenchToken token_;
  Course course_;
  std::vector<std::unique_ptr<LoopRecord>> records_;  // by loop; outlive the loops
  std::vector<std::unique_ptr<Stream>> streams_;      // outlive the loops

  std::mutex mutex_;  // guards parked_, running_
  std::condition_variable changed_;
  std::vector<Stream*> parked_;
  std::size_t running_ = 0;

  std::vector<std::unique_ptr<kv::rpc::ClientLoop>> loops_;
  std::vector<std::shared_ptr<kv::rpc::Channel>> channels_;  // shared with their calls
};

bool Stream::take_ticket(Clock::time_point now) {
  if (course_.stop.load(std::memory_order_relaxed)) return false;
  if (course_.plan.total == 0) return now < course_.end;
  if (now < course_.measure_from) return true;
  return course_.calls_left.fetch_sub(1, std::memory_order_relaxed) > 0;
}

std::uint64_t Stream::pick_key() {
  if (!course_.plan.sequential) return random_.below(course_.plan.key_space);
  return course_.next_key.fetch_add(1, std::memory_order_relaxed) % course_.plan.key_space;
}

void Stream::start(const std::shared_ptr<kv::rpc::Channel>& channel) {
  channel_ = channel.get();
  issue(Clock::now());
}

void Stream::issue(Clock::time_point now) {
  if (!take_ticket(now)) return bench_.leave();
  issued_ = now;
  caller_->call(*channel_, pick_key());
}

void Stream::record_failure(const kv::rpc::Status& status) {
  ++record_.result.failures;
  auto& texts = record_.result.failure_texts;
  const std::string text = std::string(kv::rpc::name(status.code)) + ": " + status.message;
  if (texts.size() < kFailureTextsMax || texts.contains(text)) ++texts[text];
}

void Stream::take(const kv::rpc::Status& status) {
  const Clock::time_point now = Clock::now();
  const bool late = course_.plan.total == 0 && now > course_.end;
  // A call that failed for its token is made again with another.
  const bool again = course_.token.refused(status);
  if (again && issued_ >= course_.measure_from) course_.calls_left.fetch_add(1, std::memory_order_relaxed);
  if (issued_ >= course_.measure_from && !late && !again && !course_.stop.load(std::memory_order_relaxed)) {
    record_.last = now;
    if (status.ok()) {
      record_.result.latency_ns.record(static_cast<std::uint64_t>((now - issued_).count()));
    } else {
      record_failure(status);
    }
  }
  record_.done.store(record_.done.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  // After a failure the main thread decides when to go on: a broken server is not asked in a tight loop.
  if (!status.ok()) return bench_.park(*this);
  issue(now);
}

void Bench::park(Stream& stream) {
  const std::lock_guard lock(mutex_);
  parked_.push_back(&stream);
}

void Bench::leave() {
  const std::lock_guard lock(mutex_);
  if (--running_ == 0) changed_.notify_all();
}

Outcome<void> Bench::dial(std::size_t connection) {
  const Endpoint& endpoint = settings_.endpoints[connection % settings_.endpoints.size()];
  auto& loop = *loops_[connection % loops_.size()];
  auto channel =
      kv::rpc::Channel::connect(loop, channel_options(settings_, endpoint, settings_.dial_timeout));
  if (!channel)
    return refuse(kExitUnavailable, endpoint.text + ": could not connect: " + channel.error().what);
  channels_[connection] = std::move(*channel);
  return {};
}

Outcome<void> Bench::connect() {
  TRY(token_.renew());
  for (std::size_t i = 0; i < plan_.threads; ++i) {
    loops_.push_back(kv::rpc::ClientLoop::create());
    records_.push_back(std::make_unique<LoopRecord>());
  }
  channels_.resize(plan_.connections);
  for (std::size_t i = 0; i < plan_.connections; ++i) {
    TRY(dial(i));
    for (std::size_t j = 0; j < plan_.streams; ++j) {
      const std::uint64_t seed = i * plan_.streams + j + 1;
      streams_.push_back(std::make_unique<Stream>(*this, course_, *records_[i % plan_.threads], i,
                                                  seed * 0x9e3779b97f4a7c15ULL));
    }
  }
  return {};
}

std::uint64_t Bench::done() const {
  std::uint64_t sum = 0;
  for (const auto& record : records_) sum += record->done.load(std::memory_order_relaxed);
  return sum;
}

/// False when all streams have left.
bool Bench::wait_tick() {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, kTick, [this] { return running_ == 0; });
}

Outcome<void> Bench::resume_parked() {
  TRY(token_.renew());
  std::vector<Stream*> streams;
  {
    const std::lock_guard lock(mutex_);
    streams.swap(parked_);
  }
  std::vector<bool> tried(channels_.size());
  for (Stream* stream : streams) {
    const std::size_t i = stream->connection();
    if (!channels_[i]->connected() && !tried[i]) {
      tried[i] = true;
      static_cast<void>(dial(i));
    }
    if (channels_[i]->connected() || course_.stop || (plan_.total == 0 && Clock::now() >= course_.end)) {
      stream->start(channels_[i]);
    } else {
      park(*stream);
    }
  }
  return {};
}

Outcome<void> Bench::run(const std::function<void(std::uint64_t)>& progress) {
  course_.measure_from = Clock::now() + plan_.warm_up;
  course_.end = course_.measure_from + plan_.duration;
  running_ = streams_.size();
  for (const auto& stream : streams_) stream->start(channels_[stream->connection()]);
  const auto patience = settings_.timeout.count() == 0 ? std::chrono::hours(24) : settings_.timeout;
  std::uint64_t seen = 0;
  Clock::time_point moved = Clock::now();
  while (wait_tick()) {
    TRY(resume_parked());
    const std::uint64_t now_done = done();
    progress(now_done);
    if (now_done != seen) {
      seen = now_done;
      moved = Clock::now();
    } else if (Clock::now() - moved > patience) {
      return refuse(kExitTimeout, "no call was answered for " + std::to_string(patience.count()) + " ms");
    }
  }
  return {};
}

std::unique_ptr<BenchResult> Bench::collect() {
  auto sum = std::make_unique<BenchResult>();
  Clock::time_point last = course_.measure_from;
  for (const auto& record : records_) {
    sum->latency_ns.merge(record->result.latency_ns);
    sum->failures += record->result.failures;
    for (const auto& [text, count] : record->result.failure_texts) sum->failure_texts[text] += count;
    last = std::max(last, record->last);
  }
  sum->elapsed = last - course_.measure_from;
  return sum;
}

}  // namespace

double BenchResult::per_second() const {
  return elapsed.count() > 0 ? static_cast<double>(latency_ns.count()) / elapsed.count() : 0;
}

Outcome<std::unique_ptr<BenchResult>> run_bench(const BenchPlan& plan, Client& client,
                                                const std::function<void(std::uint64_t)>& progress) {
  const RequestMold mold(plan);
  Bench bench(plan, client, mold);
  TRY(bench.connect());
  TRY(bench.run(progress));
  return bench.collect();
}

}  // namespace tools::kvctl
