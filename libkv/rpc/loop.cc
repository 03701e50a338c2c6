#include "libkv/rpc/loop.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>
#include <utility>

#include "libkv/rpc/limits.h"

namespace kv::rpc {

struct Loop::Parts {
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{context.get_executor()};
  boost::asio::steady_timer timer{context};
  std::thread thread;
};

Loop::Turn::Turn(Loop& loop) : loop_(loop) {
  if (loop_.depth_++ == 0) loop_.now_ = Clock::now();
}

Loop::Turn::~Turn() {
  if (loop_.depth_ == 1) loop_.end_turn();
  --loop_.depth_;
}

Loop::Loop(std::string name)
    : name_(std::move(name)), parts_(std::make_unique<Parts>()), now_(Clock::now()), input_(kReadBytesMax) {
  inbox_ = std::make_shared<Inbox>([this] {
    boost::asio::post(parts_->context, [this] {
      Turn turn(*this);
      inbox_->deliver_all();
    });
  });
}

Loop::~Loop() {
  stop({});
  inbox_->close();  // also when the thread never ran: nobody may wake it any more
}

void Loop::start() {
  parts_->thread = std::thread([this] {
    pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
    inbox_->adopt_thread();
    parts_->context.run();
  });
}

void Loop::stop(const std::function<void()>& last) {
  if (!parts_->thread.joinable()) return;
  boost::asio::post(parts_->context, [this, &last] {
    {
      Turn turn(*this);
      if (last) last();
      inbox_->close();
    }
    parts_->context.stop();
  });
  parts_->thread.join();
}

boost::asio::io_context& Loop::context() {
  return parts_->context;
}

void Loop::arm(Timer& timer, Clock::time_point when) {
  wheel_.arm(timer, when);
  // A wake that comes too early costs little; one is moved forward only.
  if (when < wake_at_) set_wake();
}

void Loop::set_wake() {
  const auto when = wheel_.next_wake();
  wake_at_ = when.value_or(Clock::time_point::max());
  if (!when) return;
  parts_->timer.expires_at(*when);
  parts_->timer.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_wake();
  });
}

void Loop::on_wake() {
  Turn turn(*this);
  wake_at_ = Clock::time_point::min();  // no re-arming from inside: once, below
  wheel_.expire(now_);
  set_wake();
}

void Loop::flush_soon(Flushable& target) {
  if (std::exchange(target.flush_due_, true)) return;
  due_.push_back(target.shared_from_this());
}

void Loop::flush_next_turn(Flushable& target) {
  next_turn_.push_back(target.shared_from_this());
  if (next_turn_.size() > 1) return;
  boost::asio::post(parts_->context, [this] {
    Turn turn(*this);
    for (const auto& flushable : std::exchange(next_turn_, {})) flush_soon(*flushable);
  });
}

void Loop::at_turn_end(std::shared_ptr<Afterthought> thought) {
  thoughts_.push_back(std::move(thought));
}

void Loop::retire(std::shared_ptr<void> object) {
  retired_.push_back(std::move(object));
}

void Loop::end_turn() {
  while (!thoughts_.empty() || !due_.empty()) {
    for (const auto& thought : std::exchange(thoughts_, {})) thought->at_turn_end();
    flushing_.swap(due_);
    for (const auto& flushable : flushing_) {
      flushable->flush_due_ = false;
      flushable->flush();
    }
    flushing_.clear();
  }
  if (!retired_.empty()) retired_.clear();
}

}  // namespace kv::rpc
