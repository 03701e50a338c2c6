// Watching keys: what may be asked for, and what is told (contract section 3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "libkv/watch/event.h"

namespace kv {

/// One watch. `key` and `range_end` as in RangeOp, but that an empty key is the key of one zero byte.
struct WatchRequest {
  std::string key;
  std::string range_end;
  std::int64_t start_revision = 0;  ///< the first revision that is told; 0: what comes from now on
  std::int64_t watch_id = 0;        ///< 0: the stream chooses, counting from 0
  bool progress_notify = false;     ///< be told the revision now and then when nothing happens
  bool prev_kv = false;             ///< events say what was there before
  bool no_puts = false;             ///< filters: such events are not told
  bool no_deletes = false;
  bool fragment = false;  ///< for the sink: a response that is large may be sent in pieces
};

/// What a watch that was refused, or is told for all watches of a stream, has as its id.
inline constexpr std::int64_t kNoWatchId = -1;

enum class WatchRefusal : std::uint8_t {
  kDuplicateId,     ///< the stream has a watch of this id
  kEmptyRange,      ///< range_end is not behind key
  kBadRevision,     ///< start_revision is negative
  kTooManyWatches,  ///< WatchLimits::watches_per_stream_max
  kNotAllowed       ///< WatchStream::refuse
};

struct WatchCreated {
  std::int64_t watch_id = kNoWatchId;
  std::int64_t revision = 0;  ///< of the store now: a watch from now on is told everything behind it
  std::optional<WatchRefusal> refused;
  std::string reason = {};  ///< of kNotAllowed, as it was given
};

/// Everything of one revision that the watch covers, or of several; never a part of one. Valid during the
/// call.
struct WatchEvents {
  std::int64_t watch_id = 0;
  std::int64_t revision = 0;  ///< that of the events, or while history is caught up with, of the store
  const WatchRequest* request = nullptr;
  std::span<const Event* const> events;  ///< ascending
};

struct WatchCanceled {
  std::int64_t watch_id = 0;
  std::int64_t revision = 0;   ///< of the store; 0 with `compacted`
  std::int64_t compacted = 0;  ///< not 0: the events that come next were compacted, up to this revision
};

/// Why a whole stream ended that its owner did not close.
enum class WatchEnd : std::uint8_t {
  kNoLeader,  ///< it was opened with `needs_leader`, and none was known for three election timeouts
  kStopped,   ///< this member stops, or serves nothing any more
  kBroken     ///< history cannot be read from the disk
};

/// Who watches. Called on one thread, that of all watches: never block, never throw.
class WatchSink {
 public:
  virtual ~WatchSink() = default;
  /// The answer to create, in the order of the requests; before any event of the watch.
  virtual void created(const WatchCreated& created) = 0;
  virtual void events(const WatchEvents& events) = 0;
  /// The last word of this watch.
  virtual void canceled(const WatchCanceled& canceled) = 0;
  /// Every event up to `revision` of this watch, or with kNoWatchId of all the stream's, has been told.
  virtual void progress(std::int64_t watch_id, std::int64_t revision) = 0;
  /// The last call.
  virtual void ended(WatchEnd why) = 0;
  /// Bytes told that have not left yet. Above WatchLimits::stream_bytes_max nothing more is told until they
  /// have; what was missed is read again.
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
};

/// Some watches of one owner. Closed by its destructor; the sink may still be called by a call under way.
/// Thread: any.
class WatchStream {
 public:
  virtual ~WatchStream() = default;
  /// False when too many requests wait already.
  [[nodiscard]] virtual bool create(WatchRequest request) = 0;
  /// The answer to a request that its owner does not let pass: created with kNotAllowed, when its turn comes.
  [[nodiscard]] virtual bool refuse(std::string reason) = 0;
  [[nodiscard]] virtual bool cancel(std::int64_t watch_id) = 0;
  /// Asks for progress(kNoWatchId): told at once, or not at all when a watch is behind.
  [[nodiscard]] virtual bool ask_progress() = 0;
};

struct WatchStreamOptions {
  bool needs_leader = false;  ///< end with kNoLeader
};

/// What there is to see of all watches.
struct WatchCounts {
  std::uint64_t streams = 0;
  std::uint64_t watches = 0;
  std::uint64_t behind = 0;   ///< watches that read history, or whose owner does not read
  std::uint64_t events = 0;   ///< told since the start
  std::uint64_t encoded = 0;  ///< events encoded since the start: each once, whoever is told
  std::uint64_t pending = 0;  ///< events applied and not yet looked at
};

/// All watches of a member. Thread: any.
class Watches {
 public:
  virtual ~Watches() = default;
  /// `sink` is shared with calls under way when the stream closes.
  [[nodiscard]] virtual std::unique_ptr<WatchStream> open(std::shared_ptr<WatchSink> sink,
                                                          const WatchStreamOptions& options) = 0;
  [[nodiscard]] virtual WatchCounts counts() const = 0;
};

}  // namespace kv
