#include "tools/kvctl/token_keeper.h"

#include <utility>

namespace tools::kvctl {

Outcome<std::string> TokenKeeper::get(TimePoint deadline, const std::function<Outcome<std::string>()>& ask) {
  if (auto token = known()) return std::move(*token);
  std::unique_lock lock(asking_, std::defer_lock);
  if (deadline == TimePoint::max()) {
    lock.lock();
  } else if (!lock.try_lock_until(deadline)) {
    return refuse(kExitTimeout, "no token was given in time");
  }
  if (auto token = known()) return std::move(*token);
  TRY_ASSIGN(std::string token, ask());
  const std::lock_guard guard(mutex_);
  token_ = token;
  return token;
}

void TokenKeeper::forget(std::string_view refused) {
  const std::lock_guard lock(mutex_);
  if (token_ == refused) token_.reset();
}

std::optional<std::string> TokenKeeper::known() const {
  const std::lock_guard lock(mutex_);
  return token_;
}

}  // namespace tools::kvctl
