// Deadlines of many calls at constant cost: most are removed before they pass.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace kv::rpc {

/// A point in time at which something must happen, unless it is disarmed before. Arm it through the Loop.
/// Thread: the loop's, destruction of an armed one included.
class Timer {
 public:
  using Clock = std::chrono::steady_clock;

  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  virtual ~Timer() { disarm(); }

  virtual void on_timer() = 0;

  void disarm();
  [[nodiscard]] bool armed() const { return next_ != nullptr; }

 private:
  friend class TimerWheel;  // links timers into its slots

  Timer* previous_ = nullptr;
  Timer* next_ = nullptr;
  Clock::time_point when_;
};

/// A timer for a member function or a lambda.
class CallbackTimer final : public Timer {
 public:
  explicit CallbackTimer(std::function<void()> callback) : callback_(std::move(callback)) {}
  void on_timer() override { callback_(); }

 private:
  std::function<void()> callback_;
};

/// A hashed timing wheel. Timers fire at their time rounded up to kTick.
class TimerWheel {
 public:
  using Clock = Timer::Clock;
  static constexpr std::chrono::milliseconds kTick{4};
  static constexpr std::size_t kSlots = 1024;

  TimerWheel();

  void arm(Timer& timer, Clock::time_point when);
  /// Fires every timer that is due. Timers may arm and disarm others and themselves meanwhile.
  void expire(Clock::time_point now);
  /// When expire has to be called next; nothing when no timer is armed. Never late, sometimes early.
  [[nodiscard]] std::optional<Clock::time_point> next_wake() const;

 private:
  class Slot final : public Timer {
   public:
    void on_timer() override {}
  };
  static void link(Timer& head, Timer& timer);
  void expire_slot(Timer& head, Clock::time_point now);

  std::array<Slot, kSlots> slots_;
  std::int64_t last_tick_;  // the latest tick that expire has dealt with
};

}  // namespace kv::rpc
