#include "tools/kvctl/bench_token.h"

#include <utility>

#include "tools/kvctl/verdict.h"

namespace tools::kvctl {

Outcome<void> BenchToken::renew() {
  if (!needed_ || !stale_.load(std::memory_order_relaxed)) return {};
  std::string before;
  {
    const std::lock_guard lock(mutex_);
    before = token_;
  }
  client_.forget_token(before);
  TRY_ASSIGN(std::string token, client_.token());
  const std::lock_guard lock(mutex_);
  token_ = std::move(token);
  stale_ = false;
  return {};
}

kv::rpc::CallOptions BenchToken::options() const {
  kv::rpc::CallOptions options;
  if (!needed_) return options;
  const std::lock_guard lock(mutex_);
  if (!token_.empty()) options.metadata.emplace_back("token", token_);
  return options;
}

bool BenchToken::refused(const kv::rpc::Status& status) {
  if (!needed_ || status.ok()) return false;
  const std::lock_guard lock(mutex_);
  if (!is_refused_token(status.message, token_)) return false;
  stale_ = true;
  return true;
}

}  // namespace tools::kvctl
