#include "tools/kvctl/bench_watch.h"

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <random>
#include <utility>
#include <vector>

#include "libkv/api/proto/rpc.pb.h"
#include "libkv/rpc/client.h"
#include "tools/kvctl/bench_token.h"
#include "tools/kvctl/client.h"
#include "tools/kvctl/dialer.h"
#include "tools/kvctl/requests.h"

namespace tools::kvctl {
namespace {

using WatchClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{10};

/// At the front of every value: which run wrote it, and when it was sent by this process's clock.
struct Stamp {
  std::uint64_t run = 0;
  std::int64_t sent = 0;
};

/// What watchers of one loop saw: one thread, no locks; read by others once the loop has ended.
struct Sightings {
  Histogram latency_ns;
  WatchClock::time_point last;
  std::atomic<std::uint64_t> events{0};   // read by any thread, as are those below
  std::atomic<std::uint64_t> created{0};  // watches
};

/// The first thing that went wrong for good.
class Trouble {
 public:
  void tell(std::string text) {
    const std::lock_guard lock(mutex_);
    if (text_.empty()) text_ = std::move(text);
  }
  [[nodiscard]] std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;  // guards text_
  std::string text_;
};

/// What all look at. Constant while calls are under way, apart from the atomics.
struct FanOut {
  const BenchPlan& plan;
  const RequestMold& mold;
  BenchToken& token;
  std::uint64_t run;
  WatchClock::time_point measure_from;
  WatchClock::time_point end;
  std::atomic<std::int64_t> puts_left;
  std::atomic<std::uint64_t> next_key{0};
  std::atomic<std::uint64_t> written{0};  // puts that were acknowledged
  std::atomic<std::size_t> writing{0};    // writers that have not ended
  Trouble trouble;
};

/// Thread: its loop's, after open().
class BenchWatcher {
 public:
  BenchWatcher(FanOut& shared, Sightings& seen) : shared_(shared), seen_(seen) {}

  void open(kv::rpc::Channel& channel) {
    channel_ = &channel;
    // What an earlier call still has to say is of no interest.
    const int call = call_.fetch_add(1) + 1;
    stream_ = channel.stream("/etcdserverpb.Watch/Watch", shared_.token.options(),
                             {.on_message =
                                  [this, call](const std::string& bytes) {
                                    if (call == call_) take(bytes);
                                  },
                              .on_done =
                                  [this, call](const kv::rpc::Status& status) {
                                    if (call == call_) ended(status);
                                  }});
    etcdserverpb::WatchRequest request;
    request.mutable_create_request()->set_key(shared_.plan.prefix);
    request.mutable_create_request()->set_range_end(prefix_end(shared_.plan.prefix));
    stream_->send(request.SerializeAsString());
  }
  /// Another call, if the last was refused for a token that has been replaced. Thread: the main one.
  void resume() {
    if (!parked_.exchange(false)) return;
    const auto refused = std::move(stream_);
    open(*channel_);
    refused->cancel();
  }

 private:
  void ended(const kv::rpc::Status& status) {
    if (shared_.token.refused(status)) return parked_.store(true);
    shared_.trouble.tell("a watch ended: " + std::string(kv::rpc::name(status.code)) + ": " + status.message);
  }

  void take(const std::string& bytes) {
    response_.Clear();
    if (!response_.ParseFromString(bytes)) return shared_.trouble.tell("an answer is not of the etcd API");
    if (response_.canceled() && shared_.token.refused({kv::rpc::Code::kUnknown, response_.cancel_reason()}))
      return parked_.store(true);
    if (response_.canceled())
      return shared_.trouble.tell("a watch was cancelled: " + response_.cancel_reason());
    if (response_.created()) seen_.created.fetch_add(1, std::memory_order_relaxed);
    const auto now = WatchClock::now();
    std::uint64_t mine = 0;
    for (const auto& event : response_.events()) mine += count(event.kv().value(), now) ? 1 : 0;
    if (mine > 0) seen_.events.fetch_add(mine, std::memory_order_relaxed);
  }

  bool count(const std::string& value, WatchClock::time_point now) {
    Stamp stamp;
    if (value.size() < sizeof(stamp)) return false;
    std::memcpy(&stamp, value.data(), sizeof(stamp));
    if (stamp.run != shared_.run) return false;
    const auto sent = WatchClock::time_point(WatchClock::duration(stamp.sent));
    if (sent < shared_.measure_from) return true;
    seen_.latency_ns.record(static_cast<std::uint64_t>((now - sent).count()));
    seen_.last = now;
    return true;
  }

  FanOut& shared_;
  Sightings& seen_;
  etcdserverpb::WatchResponse response_;
  kv::rpc::Channel* channel_ = nullptr;
  std::shared_ptr<kv::rpc::ClientStream> stream_;  // shared with its channel; the main thread's
  std::atomic<int> call_ = 0;                      // the number of the last
  std::atomic<bool> parked_ = false;
};

/// One put after the other. Thread: the writers' loop, after start().
class BenchWriter {
 public:
  BenchWriter(FanOut& shared, kv::rpc::Channel& channel) : shared_(shared), channel_(channel) {}

  void start() { put(); }
  /// Goes on, if its last put was refused for a token that has been replaced. Thread: the main one.
  void resume() {
    if (parked_.exchange(false, std::memory_order_acquire)) put();
  }

 private:
  void put() {
    const auto now = WatchClock::now();
    if (!goes_on(now)) {
      shared_.writing.fetch_sub(1, std::memory_order_release);
      return;
    }
    const Stamp stamp{.run = shared_.run, .sent = now.time_since_epoch().count()};
    etcdserverpb::PutRequest request;
    request.set_key(
        shared_.mold.key(shared_.next_key.fetch_add(1, std::memory_order_relaxed) % shared_.plan.key_space));
    request.mutable_value()->resize(shared_.plan.value_bytes);
    std::memcpy(request.mutable_value()->data(), &stamp, sizeof(stamp));
    channel_.unary(kPut.path, request.SerializeAsString(), shared_.token.options(),
                   [this](const kv::rpc::UnaryResult& result) { answered(result.status); });
  }

  void answered(const kv::rpc::Status& status) {
    if (status.ok()) {
      shared_.written.fetch_add(1, std::memory_order_relaxed);
      return put();
    }
    if (shared_.token.refused(status)) {
      if (WatchClock::now() >= shared_.measure_from)
        shared_.puts_left.fetch_add(1, std::memory_order_relaxed);
      return parked_.store(true, std::memory_order_release);
    }
    shared_.trouble.tell("a put failed: " + std::string(kv::rpc::name(status.code)) + ": " + status.message);
    shared_.writing.fetch_sub(1, std::memory_order_release);
  }

  bool goes_on(WatchClock::time_point now) {
    if (!shared_.trouble.text().empty()) return false;
    if (shared_.plan.total == 0) return now < shared_.end;
    return now < shared_.measure_from || shared_.puts_left.fetch_sub(1, std::memory_order_relaxed) > 0;
  }

  FanOut& shared_;
  kv::rpc::Channel& channel_;
  std::atomic<bool> parked_{false};
};

/// Thread: the main one.
class WatchBench {
 public:
  WatchBench(const BenchPlan& plan, Client& client, const RequestMold& mold)
      : plan_(plan),
        settings_(client.settings()),
        token_(client),
        shared_{.plan = plan,
                .mold = mold,
                .token = token_,
                .run = std::random_device()() | 1U,
                .puts_left = static_cast<std::int64_t>(plan.total)} {}
  ~WatchBench() {
    channels_.clear();
    loops_.clear();  // watchers and writers are there until then
  }

  Outcome<void> connect();
  Outcome<void> run(const std::function<void(std::uint64_t)>& progress);
  std::unique_ptr<BenchResult> collect();

 private:
  Outcome<std::shared_ptr<kv::rpc::Channel>> dial(std::size_t number, kv::rpc::ClientLoop& loop) const;
  /// Waits until `done`; a failure when nothing has moved for settings.timeout.
  Outcome<void> await(const std::function<bool()>& done, const std::function<std::uint64_t()>& moved);
  [[nodiscard]] std::uint64_t sum(std::atomic<std::uint64_t> Sightings::* what) const;
  [[nodiscard]] std::uint64_t watchers() const { return plan_.connections * plan_.streams; }

  const BenchPlan& plan_;
  const Settings& settings_;
  BenchToken token_;
  FanOut shared_;
  std::vector<std::unique_ptr<Sightings>> seen_;  // by loop; outlive the loops, as do those below
  std::vector<std::unique_ptr<BenchWatcher>> watchers_;
  std::vector<std::unique_ptr<BenchWriter>> writers_;
  std::vector<std::unique_ptr<kv::rpc::ClientLoop>> loops_;  // the writers' is the last
  std::vector<std::shared_ptr<kv::rpc::Channel>> channels_;  // shared with their calls
};

Outcome<std::shared_ptr<kv::rpc::Channel>> WatchBench::dial(std::size_t number,
                                                            kv::rpc::ClientLoop& loop) const {
  const Endpoint& endpoint = settings_.endpoints[number % settings_.endpoints.size()];
  auto channel =
      kv::rpc::Channel::connect(loop, channel_options(settings_, endpoint, settings_.dial_timeout));
  if (!channel)
    return refuse(kExitUnavailable, endpoint.text + ": could not connect: " + channel.error().what);
  return std::move(*channel);
}

Outcome<void> WatchBench::connect() {
  TRY(token_.renew());
  for (std::size_t i = 0; i <= plan_.threads; ++i) loops_.push_back(kv::rpc::ClientLoop::create());
  for (std::size_t i = 0; i < plan_.threads; ++i) seen_.push_back(std::make_unique<Sightings>());
  for (std::size_t i = 0; i < plan_.connections; ++i) {
    TRY_ASSIGN(auto channel, dial(i, *loops_[i % plan_.threads]));
    channels_.push_back(std::move(channel));
    for (std::size_t j = 0; j < plan_.streams; ++j) {
      watchers_.push_back(std::make_unique<BenchWatcher>(shared_, *seen_[i % plan_.threads]));
      watchers_.back()->open(*channels_[i]);
    }
  }
  TRY(await([this] { return sum(&Sightings::created) == watchers(); },
            [this] { return sum(&Sightings::created); }));
  TRY_ASSIGN(auto channel, dial(0, *loops_.back()));
  channels_.push_back(std::move(channel));
  for (std::size_t i = 0; i < plan_.writers; ++i) {
    writers_.push_back(std::make_unique<BenchWriter>(shared_, *channels_.back()));
  }
  return {};
}

std::uint64_t WatchBench::sum(std::atomic<std::uint64_t> Sightings::* what) const {
  std::uint64_t total = 0;
  for (const auto& seen : seen_) total += (*seen.*what).load(std::memory_order_relaxed);
  return total;
}

Outcome<void> WatchBench::await(const std::function<bool()>& done,
                                const std::function<std::uint64_t()>& moved) {
  const auto patience = settings_.timeout.count() == 0 ? std::chrono::hours(24) : settings_.timeout;
  std::uint64_t before = 0;
  WatchClock::time_point since = WatchClock::now();
  std::mutex mutex;
  std::condition_variable never;
  while (!done()) {
    if (std::string text = shared_.trouble.text(); !text.empty()) return refuse(kExitNo, std::move(text));
    TRY(token_.renew());
    for (const auto& watcher : watchers_) watcher->resume();
    for (const auto& writer : writers_) writer->resume();
    const std::uint64_t now_moved = moved();
    if (std::exchange(before, now_moved) != now_moved) since = WatchClock::now();
    if (WatchClock::now() - since > patience) {
      return refuse(kExitTimeout, "nothing was answered for " + std::to_string(patience.count()) + " ms");
    }
    std::unique_lock lock(mutex);
    never.wait_for(lock, kLook);
  }
  return {};
}

Outcome<void> WatchBench::run(const std::function<void(std::uint64_t)>& progress) {
  shared_.measure_from = WatchClock::now() + plan_.warm_up;
  shared_.end = shared_.measure_from + plan_.duration;
  shared_.writing = writers_.size();
  for (const auto& writer : writers_) writer->start();
  const auto events = [this, &progress] {
    const std::uint64_t seen = sum(&Sightings::events);
    progress(seen);
    return seen;
  };
  TRY(await([this] { return shared_.writing.load(std::memory_order_acquire) == 0; }, events));
  const std::uint64_t expected = shared_.written.load(std::memory_order_relaxed) * watchers();
  // What does not come is counted by collect().
  static_cast<void>(await([&] { return sum(&Sightings::events) >= expected; }, events));
  return {};
}

std::unique_ptr<BenchResult> WatchBench::collect() {
  const std::uint64_t expected = shared_.written.load(std::memory_order_relaxed) * watchers();
  const std::uint64_t got = sum(&Sightings::events);
  channels_.clear();
  loops_.clear();
  auto result = std::make_unique<BenchResult>();
  WatchClock::time_point last = shared_.measure_from;
  for (const auto& seen : seen_) {
    result->latency_ns.merge(seen->latency_ns);
    last = std::max(last, seen->last);
  }
  result->elapsed = last - shared_.measure_from;
  if (got < expected) result->failure_texts["events that a watcher did not get"] = expected - got;
  if (got > expected) result->failure_texts["events that a watcher got again"] = got - expected;
  for (const auto& [text, count] : result->failure_texts) result->failures += count;
  return result;
}

}  // namespace

Outcome<std::unique_ptr<BenchResult>> run_watch_bench(const BenchPlan& plan, Client& client,
                                                      const std::function<void(std::uint64_t)>& progress) {
  if (plan.value_bytes < sizeof(Stamp)) {
    return refuse_usage("--val-size " + std::to_string(plan.value_bytes) + ": a watched value has " +
                        std::to_string(sizeof(Stamp)) + " bytes at least");
  }
  const RequestMold mold(plan);
  WatchBench bench(plan, client, mold);
  TRY(bench.connect());
  TRY(bench.run(progress));
  return bench.collect();
}

}  // namespace tools::kvctl
