// Virtual time: what happens when, in an order that depends on the seed alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace sim {

/// Virtual microseconds since the simulation began.
using Micros = std::uint64_t;
inline constexpr Micros kMillisecond = 1000;
inline constexpr Micros kSecond = 1000 * kMillisecond;

/// Events of one instant happen in the order in which they were asked for.
class EventQueue {
 public:
  using Event = std::function<void()>;

  [[nodiscard]] Micros now() const { return now_; }
  [[nodiscard]] std::uint64_t happened() const { return happened_; }

  void after(Micros delay, Event event) {
    heap_.push_back({now_ + delay, number_++, std::move(event)});
    std::push_heap(heap_.begin(), heap_.end());
  }

  /// Makes the next event happen; false, with the clock at `limit`, when none is due before it.
  bool run_next(Micros limit) {
    if (heap_.empty() || heap_.front().when > limit) {
      now_ = std::max(now_, limit);
      return false;
    }
    std::pop_heap(heap_.begin(), heap_.end());
    Due due = std::move(heap_.back());
    heap_.pop_back();
    now_ = due.when;
    ++happened_;
    due.event();
    return true;
  }

 private:
  struct Due {
    Micros when;
    std::uint64_t number;
    Event event;

    /// The heap's top is its greatest: the earliest.
    bool operator<(const Due& other) const {
      return when != other.when ? when > other.when : number > other.number;
    }
  };

  std::vector<Due> heap_;
  Micros now_ = 0;
  std::uint64_t number_ = 0;
  std::uint64_t happened_ = 0;
};

}  // namespace sim
