// What other threads ask of an I/O thread: calls to answer, work to run. Batches, one wakeup each.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "libkv/rpc/status.h"

namespace kv::rpc {

using Work = std::function<void()>;
struct SendMessage {
  std::string bytes;
};
/// A message and the end of the call with OK.
struct ReplyMessage {
  std::string bytes;
};
struct StartCall {};
struct HalfClose {};
struct CancelCall {};

/// Status: the end of the call.
using Mail = std::variant<Work, SendMessage, ReplyMessage, Status, StartCall, HalfClose, CancelCall>;

/// Whom mail is for. Thread: the loop's.
class Addressee {
 public:
  virtual ~Addressee() = default;
  virtual void deliver(Mail&& mail) = 0;
  /// Runs work that was pushed for it: now, unless it knows better.
  virtual void run(Work&& work) { work(); }
};

/// An I/O thread's mailbox. It outlives the thread: calls keep it to answer into, and learn here that nobody
/// listens any more. It has no capacity of its own: what is in it belongs to open calls, which are limited
/// per connection, and streams hold back by ServerCall::queued_bytes. Thread: push from any, the rest on the
/// loop's.
class Inbox {
 public:
  /// `wake` makes the loop call deliver_all soon; called with the lock held, once per batch.
  explicit Inbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  /// False when the loop is gone; `mail` is then untouched. `to` may be null for Work.
  bool push(std::shared_ptr<Addressee> to, Mail&& mail);
  [[nodiscard]] bool on_own_thread() const { return current_ == this; }

  /// Makes this the inbox of the calling thread.
  void adopt_thread() { current_ = this; }
  void deliver_all();
  /// Delivers what is there and refuses everything from now on.
  void close();

 private:
  struct Envelope {
    std::shared_ptr<Addressee> to;  // shared with whoever else still uses the call
    Mail mail;
  };
  void deliver_batch();

  static thread_local Inbox* current_;

  std::vector<Envelope> batch_;  // loop's thread only
  std::mutex mutex_;             // guards wake_, closed_, items_
  std::function<void()> wake_;
  bool closed_ = false;
  std::vector<Envelope> items_;
};

}  // namespace kv::rpc
