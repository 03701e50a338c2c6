// One I/O thread: sockets, timers and an inbox, worked off in turns.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "libkv/rpc/inbox.h"
#include "libkv/rpc/timer_wheel.h"

namespace boost::asio {
class io_context;
}

namespace kv::rpc {

/// Something that gathers output during a turn and hands it to its socket at the end.
class Flushable : public std::enable_shared_from_this<Flushable> {
 public:
  virtual ~Flushable() = default;
  virtual void flush() = 0;

 private:
  friend class Loop;  // marks what is due
  bool flush_due_ = false;
};

/// Something to do when the stack is unwound: telling a handler that its call is over.
class Afterthought {
 public:
  virtual ~Afterthought() = default;
  virtual void at_turn_end() = 0;
};

/// Every entry from outside (socket readiness, timer, inbox) is a turn. Output is flushed once, at its end,
/// so that many answers share a system call. Thread: start, stop, inbox and context from any; everything else
/// inside a turn.
class Loop {
 public:
  using Clock = std::chrono::steady_clock;

  /// Opens a turn; turns nest, the outermost one flushes.
  class Turn {
   public:
    explicit Turn(Loop& loop);
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn();

   private:
    Loop& loop_;
  };

  /// `name` is the thread's, at most 15 bytes.
  explicit Loop(std::string name);
  ~Loop();

  void start();
  /// Runs `last` on the loop's thread, closes the inbox, ends the thread. Later calls do nothing.
  void stop(const std::function<void()>& last);

  [[nodiscard]] const std::shared_ptr<Inbox>& inbox() const { return inbox_; }
  boost::asio::io_context& context();

  /// When the current turn began.
  [[nodiscard]] Clock::time_point now() const { return now_; }
  void arm(Timer& timer, Clock::time_point when);
  void flush_soon(Flushable& target);
  /// Lets other connections have a turn first.
  void flush_next_turn(Flushable& target);
  void at_turn_end(std::shared_ptr<Afterthought> thought);
  /// Keeps `object` until the turn has ended: its methods may be on the stack.
  void retire(std::shared_ptr<void> object);

  /// Scratch space for one read or one write, shared by all connections of the loop.
  std::span<char> input() { return input_; }
  std::string& output() { return output_; }

 private:
  struct Parts;  // what needs Asio

  void end_turn();
  void set_wake();
  void on_wake();

  const std::string name_;
  std::unique_ptr<Parts> parts_;
  std::shared_ptr<Inbox> inbox_;  // shared with calls, which may outlive the loop
  TimerWheel wheel_;
  Clock::time_point now_;
  Clock::time_point wake_at_ = Clock::time_point::max();
  int depth_ = 0;
  std::vector<std::shared_ptr<Flushable>> due_;
  std::vector<std::shared_ptr<Flushable>> flushing_;
  std::vector<std::shared_ptr<Flushable>> next_turn_;
  std::vector<std::shared_ptr<Afterthought>> thoughts_;
  std::vector<std::shared_ptr<void>> retired_;
  std::vector<char> input_;
  std::string output_;
};

}  // namespace kv::rpc
