// The threads of all watches: one tells, one reads history from disk.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

#include "libkv/mvcc/read_view.h"
#include "libkv/server/desk.h"
#include "libkv/watch/hub.h"

namespace kv {

struct WatchDeskParts {
  std::function<ReadView()> view;  ///< the newest state
  std::function<bool()> has_leader;
  std::function<bool()> is_odd;  ///< the state is known to be wrong: nobody is told of it
};

/// Applied changes that wait to be told, in bytes. Above it they are dropped, and who watches reads them from
/// disk: an apply never waits.
inline constexpr std::size_t kWatchInboxBytesMax = 64U << 20U;
/// Requests of one stream that wait.
inline constexpr std::size_t kWatchRequestsMax = 65536;

/// Must outlive its streams. What it is told is taken in the order of the calls.
class WatchDesk final : public Watches, public Desk {
 public:
  WatchDesk(const HubOptions& options, WatchDeskParts parts);
  ~WatchDesk() override { WatchDesk::stopped(); }

  /// Requests and changes may come before.
  void start();

  /// What the next batch should collect. Thread: any.
  [[nodiscard]] Collect demand() const { return demand_.load(std::memory_order_relaxed); }
  /// Costs next to nothing, and wakes nobody, while nobody watches. Thread: the apply thread.
  void changed(AppliedChanges batch);
  /// Ends the streams that there are: their clients go on elsewhere. Thread: any.
  void end_streams();

  // Desk. Before the writes are answered: who then asks for a watch from now on is not told of them.
  void applied(AppliedBatch& batch) override;
  void installed() override;
  /// Ends every stream, and each later one at once.
  void stopped() override;

  // Watches
  [[nodiscard]] std::unique_ptr<WatchStream> open(std::shared_ptr<WatchSink> sink,
                                                  const WatchStreamOptions& options) override;
  [[nodiscard]] WatchCounts counts() const override;

 private:
  class Stream;
  using Waiting = std::shared_ptr<std::atomic<std::size_t>>;  // shared by a stream and its requests

  struct Installed {
    std::int64_t revision;
    std::int64_t compacted;
  };
  struct Request {
    std::function<void(Hub&)> run;
    Waiting waiting;
  };
  struct Read {
    HistoryRead result;
    std::int64_t compacted;
  };
  using Message = std::variant<AppliedChanges, Installed, Request, Read>;

  /// False when it comes too late: everyone is told that it is over.
  bool push(Message message);
  [[nodiscard]] std::deque<Message> take(Hub::Clock::time_point until);
  void handle(Message& message);
  void tell();
  void turn(std::deque<Message> messages);
  void finish();
  void read();

  const WatchDeskParts parts_;
  Hub hub_;  // the telling thread's, as what follows
  Hub::Clock::time_point ticked_at_{};
  bool more_ = false;  // there is history to tell
  std::atomic<Collect> demand_ = Collect::kNothing;
  std::atomic<std::uint64_t> next_stream_ = 1;

  mutable std::mutex mutex_;  // guards what follows but for the threads
  std::condition_variable changed_;
  std::condition_variable read_asked_;
  std::deque<Message> inbox_;
  std::size_t inbox_bytes_ = 0;   // of its changes
  std::size_t inbox_events_ = 0;  // likewise
  bool watching_ = false;         // somebody is to be woken for changes
  bool stopping_ = false;
  bool stopped_ = false;  // nothing is taken any more
  WatchCounts counts_;
  std::optional<ChangesOp> to_read_;
  std::thread teller_;
  std::thread reader_;
};

}  // namespace kv
