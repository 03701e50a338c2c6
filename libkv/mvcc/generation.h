// Which generations are still being read, and what may be freed once they are not.
//
// The one file of this room with shared ownership, an atomic and a mutex: published versions are read on any
// thread. Nodes carry no counts; instead each generation that is still read keeps a list of what was replaced
// after it and which only it and older ones can reach. When it ends, its list is freed, or handed to the next
// older generation that can reach it. One slow reader so costs one version of the tree, however many edits
// pass.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "libkv/mvcc/history.h"

namespace kv {

/// Set by the last holder of a generation when it lets go: everything it read happened before.
class GenerationPin {
 public:
  GenerationPin() : released_(std::make_shared<std::atomic<bool>>(false)) {}
  void release() const { released_->store(true, std::memory_order_release); }
  [[nodiscard]] bool released() const { return released_->load(std::memory_order_acquire); }

 private:
  std::shared_ptr<std::atomic<bool>> released_;  // shared by the writer's list and the generation's readers
};

/// The writer's list of live generations. Thread: the writer's.
class GenerationList {
 public:
  /// `pool` frees the nodes; not owned.
  explicit GenerationList(NodePool& pool) : pool_(pool) {}
  GenerationList(const GenerationList&) = delete;
  GenerationList& operator=(const GenerationList&) = delete;
  /// Frees everything still listed. No generation may be read any more.
  ~GenerationList();

  /// Generation `number` becomes the newest; `retired` is what its edit replaced.
  GenerationPin open(EditNumber number, std::int64_t compacted, std::vector<Retired> retired);

  /// Frees what no generation reaches any more.
  void sweep();

  /// The smallest compacted revision that a live generation was published with: its readers may need every
  /// record that compaction there kept. Requires an open generation.
  [[nodiscard]] std::int64_t oldest_compacted() const;
  [[nodiscard]] std::size_t live() const { return live_.size(); }
  /// Nodes and chunks waiting for their readers.
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct Generation {
    EditNumber number;
    std::int64_t compacted;
    GenerationPin pin;
    std::vector<Retired> replaced;  // reachable from this generation, not from a newer one
  };

  /// Lists the items with the generation at `live_[at - 1]` if that can reach them, else frees them.
  void hand_over(std::vector<Retired>& items, std::size_t at);

  void free_item(const Retired& item);

  NodePool& pool_;
  std::vector<Generation> live_;  // ascending
};

/// The newest version of something, for readers on any thread.
template <class T>
class Published {
 public:
  void store(std::shared_ptr<const T> value) {
    // The old value's destructor must not run under the lock.
    {
      const std::lock_guard lock(mutex_);
      value_.swap(value);
    }
  }
  [[nodiscard]] std::shared_ptr<const T> load() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

 private:
  mutable std::mutex mutex_;        // guards value_; held for a pointer's copy
  std::shared_ptr<const T> value_;  // shared with every reader that loaded it
};

/// The same for a truth that is asked at every request: a load, no lock.
class PublishedFlag {
 public:
  void store(bool value) { value_.store(value, std::memory_order_release); }
  [[nodiscard]] bool load() const { return value_.load(std::memory_order_acquire); }

 private:
  std::atomic<bool> value_ = false;
};

}  // namespace kv
