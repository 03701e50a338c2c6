#include "libkv/rpc/keepalive.h"

namespace kv::rpc {

bool PingGuard::allow(Clock::time_point now, bool has_calls) {
  const auto last = last_;
  last_ = now;
  if (forgive_) {
    forgive_ = false;
    strikes_ = 0;
    return true;
  }
  const Clock::duration least = has_calls ? Clock::duration(min_time_) : Clock::duration(kIdleMinTime);
  if (last && now - *last < least) ++strikes_;
  return strikes_ <= kStrikesMax;
}

Keepalive::Verdict Keepalive::check(Clock::time_point now) {
  if (pinged_) {
    if (now >= *pinged_ + timeout_) return {Action::kDrop, now};
    return {Action::kWait, *pinged_ + timeout_};
  }
  if (now < heard_ + interval_) return {Action::kWait, heard_ + interval_};
  pinged_ = now;
  return {Action::kPing, now + timeout_};
}

}  // namespace kv::rpc
