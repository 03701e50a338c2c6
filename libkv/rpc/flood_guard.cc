#include "libkv/rpc/flood_guard.h"

#include <algorithm>

namespace kv::rpc {

FloodGuard::FloodGuard(double burst, double per_second)
    : burst_(burst), per_second_(per_second), tokens_(burst) {}

bool FloodGuard::allow(Clock::time_point now) {
  const std::chrono::duration<double> since = now - last_;
  last_ = now;
  tokens_ = std::min(burst_, tokens_ + since.count() * per_second_);
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

}  // namespace kv::rpc
