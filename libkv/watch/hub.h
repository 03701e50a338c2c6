// From applied revisions to watchers: who is told what, and when. No thread, clock or disk of its own.
//
// A watcher is live, and told each revision as it is applied; or it is late: its history comes from the ring,
// or from disk, in bounded slices that serve all late watchers at that place, until it is live. One whose
// stream does not take what it is told waits, holding nothing but its number, and is late when it goes on.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "libkv/mvcc/change.h"
#include "libkv/mvcc/read_view.h"
#include "libkv/watch/places.h"
#include "libkv/watch/ring.h"
#include "libkv/watch/watches.h"

namespace kv {

struct WatchLimits {
  /// Told to one stream and not yet taken, in bytes; less when there are many, so that all together hold
  /// about streams_bytes_max. A response is never cut for it.
  std::size_t stream_bytes_max = 1U << 20U;
  std::size_t streams_bytes_max = 256U << 20U;
  std::size_t stream_bytes_min = 32U << 10U;
  std::size_t ring_bytes_max = 16U << 20U;
  /// One slice of history; a revision is never cut.
  std::size_t slice_revisions_max = 1000;
  std::size_t slice_bytes_max = 1U << 20U;
  std::size_t watches_per_stream_max = 100000;
  std::size_t key_bytes_per_stream_max = 64U << 20U;
};

struct HubOptions {
  WatchLimits limits;
  /// Between two progress notifications of a stream; a tenth of it at most is added by chance.
  std::chrono::milliseconds progress_interval{600000};
  /// A stream that needs a leader ends after kLeaderlessTicks of these without one.
  std::chrono::milliseconds election_timeout{1000};
  std::uint64_t seed = 1;
};
inline constexpr int kLeaderlessTicks = 3;

/// What an applied batch did. Batches are handed over in order, without a gap.
struct AppliedChanges {
  std::int64_t revision = 0;   ///< of the store after it
  std::int64_t compacted = 0;  ///< the compacted revision after it
  CollectedChanges collected;  ///< everything since the batch before
};

/// What reading history from disk gave.
using HistoryRead = std::expected<ChangesResult, ReadFault>;

/// Thread: one. Sinks are called inside.
class Hub {
 public:
  using Clock = std::chrono::steady_clock;
  using StreamId = std::uint64_t;

  /// `revision` and `compacted` of the store as it is.
  Hub(const HubOptions& options, std::int64_t revision, std::int64_t compacted);
  ~Hub();

  // What streams ask for. Streams that have ended are not known any more, and nothing happens.
  void open(StreamId id, std::shared_ptr<WatchSink> sink, const WatchStreamOptions& options);
  void create(StreamId id, WatchRequest request);
  void refuse(StreamId id, std::string reason);
  void cancel(StreamId id, std::int64_t watch_id);
  void ask_progress(StreamId id);
  void close(StreamId id);

  // What the store does.
  void applied(AppliedChanges batch);
  /// Another state took the place of the store's.
  void installed(std::int64_t revision, std::int64_t compacted);

  /// Catches up one slice's worth of late watchers; false when there is nothing to do now.
  bool work();
  /// What to read from disk next, to be answered with history(); one at a time.
  [[nodiscard]] std::optional<ChangesOp> take_read();
  /// `compacted`: that of the view that was read.
  void history(HistoryRead read, std::int64_t compacted);

  void tick(Clock::time_point now, bool has_leader);
  /// How long until the next tick; nothing: no stream needs one.
  [[nodiscard]] std::optional<Clock::duration> pause() const;
  /// Ends every stream.
  void stop(WatchEnd why);

  /// What the store should collect.
  [[nodiscard]] Collect demand() const;
  [[nodiscard]] WatchCounts counts() const;

 private:
  using Streams = std::map<StreamId, std::unique_ptr<WatchedStream>>;
  /// Revisions that follow each other, in pieces; some may have no events.
  struct Slice {
    std::vector<const RevisionEvents*> revisions;
    std::int64_t from = 0;
    std::int64_t to = 0;
    bool with_previous = false;
  };

  WatchedStream* find(StreamId id);
  void start(Watcher& watcher);
  void remove(Watcher& watcher);
  void end(WatchedStream& stream, WatchEnd why);
  [[nodiscard]] bool has_room(WatchedStream& stream);
  [[nodiscard]] std::size_t stream_bytes_max() const;
  void unpark_drained();
  void tick_progress(WatchedStream& stream, Clock::time_point now);

  void add_revision(RevisionEvents revision, bool with_previous);
  void match_live(const RevisionEvents& revision);
  void tell(Watcher& watcher, std::int64_t revision);
  void leave_live(std::int64_t next);
  void fall_behind(Watcher& watcher, std::int64_t next);
  void serve_from_ring(const Watcher& first);
  void serve(const Slice& slice);
  void serve_one(Watcher& watcher, const Slice& slice);
  [[nodiscard]] std::vector<Watcher*> at_place_of(const Slice& slice) const;
  void cancel_overtaken();
  [[nodiscard]] bool is_overtaken(const Watcher& watcher) const;
  void cancel_compacted(Watcher& watcher);

  const HubOptions options_;
  raft::Random random_;
  std::int64_t current_;
  std::int64_t compacted_;
  Ring ring_;
  Places places_;
  Streams streams_;
  std::vector<StreamId> full_;        // those that are full
  std::optional<ChangesOp> reading_;  // under way
  std::vector<Watcher*> touched_;     // by the revision at hand
  WatchCounts counts_;
  std::size_t watches_with_previous_ = 0;
  int leaderless_ticks_ = 0;
  Clock::time_point leader_look_{};
};

}  // namespace kv
