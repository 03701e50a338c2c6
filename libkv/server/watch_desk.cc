#include "libkv/server/watch_desk.h"

#include <utility>

namespace kv {
namespace {

/// Slices of history between two looks for what was applied meanwhile.
constexpr int kSlicesPerTurn = 16;
/// How long the telling thread sleeps at most.
constexpr std::chrono::seconds kSleepMax{60};

std::size_t bytes_of(const CollectedChanges& collected) {
  std::size_t bytes = 0;
  for (const Change& change : collected.changes) bytes += change.bytes();
  return bytes;
}

}  // namespace

class WatchDesk::Stream final : public WatchStream {
 public:
  Stream(WatchDesk& desk, Hub::StreamId id) : desk_(desk), id_(id) {}
  ~Stream() override {
    const Hub::StreamId id = id_;
    desk_.push(Request{[id](Hub& hub) { hub.close(id); }, nullptr});
  }

  bool create(WatchRequest request) override {
    const Hub::StreamId id = id_;
    return ask([id, request = std::move(request)](Hub& hub) { hub.create(id, request); });
  }
  bool refuse(std::string reason) override {
    const Hub::StreamId id = id_;
    return ask([id, reason = std::move(reason)](Hub& hub) { hub.refuse(id, reason); });
  }
  bool cancel(std::int64_t watch_id) override {
    const Hub::StreamId id = id_;
    return ask([id, watch_id](Hub& hub) { hub.cancel(id, watch_id); });
  }
  bool ask_progress() override {
    const Hub::StreamId id = id_;
    return ask([id](Hub& hub) { hub.ask_progress(id); });
  }

 private:
  bool ask(std::function<void(Hub&)> run) {
    if (waiting_->load(std::memory_order_relaxed) >= kWatchRequestsMax) return false;
    waiting_->fetch_add(1, std::memory_order_relaxed);
    desk_.push(Request{std::move(run), waiting_});
    return true;
  }

  WatchDesk& desk_;
  const Hub::StreamId id_;
  const Waiting waiting_ = std::make_shared<std::atomic<std::size_t>>(0);
};

WatchDesk::WatchDesk(const HubOptions& options, WatchDeskParts parts)
    : parts_(std::move(parts)), hub_(options, parts_.view().revision(), parts_.view().compacted_revision()) {}

void WatchDesk::start() {
  teller_ = std::thread([this] { tell(); });
  reader_ = std::thread([this] { read(); });
}

void WatchDesk::stopped() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    read_asked_.notify_all();
  }
  if (reader_.joinable()) reader_.join();
  if (teller_.joinable()) teller_.join();
  finish();
}

std::unique_ptr<WatchStream> WatchDesk::open(std::shared_ptr<WatchSink> sink,
                                             const WatchStreamOptions& options) {
  const Hub::StreamId id = next_stream_.fetch_add(1, std::memory_order_relaxed);
  auto stream = std::make_unique<Stream>(*this, id);
  const bool taken = push(Request{[id, sink, options](Hub& hub) { hub.open(id, sink, options); }, nullptr});
  if (!taken) sink->ended(WatchEnd::kStopped);
  return stream;
}

WatchCounts WatchDesk::counts() const {
  const std::lock_guard lock(mutex_);
  WatchCounts counts = counts_;
  counts.pending = inbox_events_;
  return counts;
}

void WatchDesk::applied(AppliedBatch& batch) {
  changed({.revision = batch.view.revision(),
           .compacted = batch.view.compacted_revision(),
           .collected = std::move(batch.changes)});
  if (parts_.is_odd()) end_streams();
}

void WatchDesk::changed(AppliedChanges batch) {
  const std::size_t bytes = bytes_of(batch.collected);
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  if (inbox_bytes_ + bytes > kWatchInboxBytesMax) batch.collected = {};
  if (batch.collected.how != Collect::kNothing) {
    inbox_bytes_ += bytes;
    inbox_events_ += batch.collected.changes.size();
    inbox_.emplace_back(std::move(batch));
  } else {
    auto* const last = inbox_.empty() ? nullptr : std::get_if<AppliedChanges>(&inbox_.back());
    if (last != nullptr && last->collected.how == Collect::kNothing) {
      *last = std::move(batch);
    } else {
      inbox_.emplace_back(std::move(batch));
    }
  }
  if (watching_) changed_.notify_one();
}

void WatchDesk::end_streams() {
  static_cast<void>(push(Request{[](Hub& hub) { hub.stop(WatchEnd::kStopped); }, nullptr}));
}

void WatchDesk::installed() {
  const ReadView view = parts_.view();
  static_cast<void>(push(Installed{.revision = view.revision(), .compacted = view.compacted_revision()}));
}

bool WatchDesk::push(Message message) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return false;
  inbox_.push_back(std::move(message));
  changed_.notify_one();
  return true;
}

void WatchDesk::tell() {
  for (;;) {
    std::deque<Message> messages =
        take(more_ ? Clock::time_point() : ticked_at_ + hub_.pause().value_or(kSleepMax));
    turn(std::move(messages));
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
  }
}

std::deque<WatchDesk::Message> WatchDesk::take(Clock::time_point until) {
  const bool watching = hub_.demand() != Collect::kNothing;
  std::unique_lock lock(mutex_);
  watching_ = watching;
  counts_ = hub_.counts();
  changed_.wait_until(lock, until, [this] { return stopping_ || !inbox_.empty(); });
  inbox_bytes_ = 0;
  inbox_events_ = 0;
  return std::exchange(inbox_, {});
}

/// What was applied first; then a bounded piece of history.
void WatchDesk::turn(std::deque<Message> messages) {
  for (Message& message : messages) handle(message);
  demand_.store(hub_.demand(), std::memory_order_relaxed);
  const Clock::time_point now = Clock::now();
  const bool due = now >= ticked_at_ + hub_.pause().value_or(kSleepMax);
  if (due) {
    ticked_at_ = now;
    hub_.tick(now, parts_.has_leader());
  }
  more_ = true;
  for (int slices = 0; more_ && slices < kSlicesPerTurn; ++slices) more_ = hub_.work();
  if (const auto op = hub_.take_read()) {
    const std::lock_guard lock(mutex_);
    to_read_ = op;
    read_asked_.notify_one();
  }
}

void WatchDesk::handle(Message& message) {
  if (auto* const batch = std::get_if<AppliedChanges>(&message)) {
    hub_.applied(std::move(*batch));
  } else if (const auto* const installed = std::get_if<Installed>(&message)) {
    hub_.installed(installed->revision, installed->compacted);
  } else if (auto* const read = std::get_if<Read>(&message)) {
    hub_.history(std::move(read->result), read->compacted);
  } else if (const auto* const request = std::get_if<Request>(&message)) {
    request->run(hub_);
    if (request->waiting) request->waiting->fetch_sub(1, std::memory_order_relaxed);
  }
}

/// The last words to everyone, also to who came while the threads ended.
void WatchDesk::finish() {
  std::deque<Message> messages;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) return;
    messages.swap(inbox_);
  }
  for (Message& message : messages) handle(message);
  hub_.stop(WatchEnd::kStopped);
}

void WatchDesk::read() {
  for (;;) {
    ChangesOp op;
    {
      std::unique_lock lock(mutex_);
      read_asked_.wait(lock, [this] { return stopping_ || to_read_.has_value(); });
      if (stopping_) return;
      op = *std::exchange(to_read_, std::nullopt);
    }
    const ReadView view = parts_.view();
    Read read{.result = view.changes(op), .compacted = view.compacted_revision()};
    push(std::move(read));
  }
}

}  // namespace kv
