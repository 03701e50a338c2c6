#include "libkv/rpc/timer_wheel.h"

#include <algorithm>

namespace kv::rpc {
namespace {

std::int64_t tick_at_or_after(Timer::Clock::time_point when) {
  return (std::chrono::ceil<std::chrono::milliseconds>(when.time_since_epoch()) + TimerWheel::kTick -
          std::chrono::milliseconds(1)) /
         TimerWheel::kTick;
}

std::int64_t tick_at_or_before(Timer::Clock::time_point when) {
  return std::chrono::floor<std::chrono::milliseconds>(when.time_since_epoch()) / TimerWheel::kTick;
}

}  // namespace

void Timer::disarm() {
  if (next_ == nullptr) return;
  previous_->next_ = next_;
  next_->previous_ = previous_;
  previous_ = next_ = nullptr;
}

TimerWheel::TimerWheel() : last_tick_(tick_at_or_before(Clock::now())) {
  for (Slot& slot : slots_) slot.previous_ = slot.next_ = &slot;
}

void TimerWheel::link(Timer& head, Timer& timer) {
  timer.previous_ = head.previous_;
  timer.next_ = &head;
  head.previous_->next_ = &timer;
  head.previous_ = &timer;
}

void TimerWheel::arm(Timer& timer, Clock::time_point when) {
  timer.disarm();
  timer.when_ = when;
  const std::int64_t tick = std::max(tick_at_or_after(when), last_tick_ + 1);
  link(slots_[static_cast<std::size_t>(tick) % kSlots], timer);
}

void TimerWheel::expire_slot(Timer& head, Clock::time_point now) {
  if (head.next_ == &head) return;
  // Firing may change the slot: take its timers over first, then look at them one at a time.
  Slot taken;
  taken.previous_ = head.previous_;
  taken.next_ = head.next_;
  taken.previous_->next_ = taken.next_->previous_ = &taken;
  head.previous_ = head.next_ = &head;
  while (taken.next_ != &taken) {
    Timer& timer = *taken.next_;
    timer.disarm();
    if (timer.when_ <= now) {
      timer.on_timer();
    } else {
      link(head, timer);
    }
  }
  taken.previous_ = taken.next_ = nullptr;
}

void TimerWheel::expire(Clock::time_point now) {
  const std::int64_t tick = tick_at_or_before(now);
  const std::int64_t first = std::max(last_tick_ + 1, tick - static_cast<std::int64_t>(kSlots) + 1);
  for (std::int64_t t = first; t <= tick; ++t) {
    last_tick_ = t;
    expire_slot(slots_[static_cast<std::size_t>(t) % kSlots], now);
  }
}

std::optional<TimerWheel::Clock::time_point> TimerWheel::next_wake() const {
  for (std::int64_t t = last_tick_ + 1; t <= last_tick_ + static_cast<std::int64_t>(kSlots); ++t) {
    const Slot& slot = slots_[static_cast<std::size_t>(t) % kSlots];
    if (slot.next_ != &slot) return Clock::time_point(t * kTick);
  }
  return std::nullopt;
}

}  // namespace kv::rpc
