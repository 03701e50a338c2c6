// HTTP/2 pings: how often clients may, and when we do.
#pragma once

#include <chrono>
#include <optional>

namespace kv::rpc {

/// Judges a client's pings as grpc-go's enforcement policy does (permit without stream: false; contract T6):
/// a ping sooner than allowed is a strike, an answer sent to the client wipes them out, the third strike ends
/// the connection.
class PingGuard {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr int kStrikesMax = 2;
  /// Between pings on a connection without calls.
  static constexpr std::chrono::hours kIdleMinTime{2};

  explicit PingGuard(std::chrono::milliseconds min_time) : min_time_(min_time) {}

  /// False when this ping is one too many.
  bool allow(Clock::time_point now, bool has_calls);
  /// We sent HEADERS or DATA: pings since are a fair question about a live connection.
  void sent_answer() { forgive_ = true; }

 private:
  std::chrono::milliseconds min_time_;
  std::optional<Clock::time_point> last_;
  int strikes_ = 0;
  bool forgive_ = false;
};

/// Decides when the server pings a silent connection and when it gives it up.
class Keepalive {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Action { kWait, kPing, kDrop };
  struct Verdict {
    Action action;
    Clock::time_point again;  ///< when to ask next
  };

  Keepalive(std::chrono::milliseconds interval, std::chrono::milliseconds timeout, Clock::time_point now)
      : interval_(interval), timeout_(timeout), heard_(now) {}

  /// Any byte came from the peer.
  void heard(Clock::time_point now) {
    heard_ = now;
    pinged_.reset();
  }
  /// kPing counts as done.
  Verdict check(Clock::time_point now);

 private:
  std::chrono::milliseconds interval_;
  std::chrono::milliseconds timeout_;
  Clock::time_point heard_;
  std::optional<Clock::time_point> pinged_;
};

}  // namespace kv::rpc
