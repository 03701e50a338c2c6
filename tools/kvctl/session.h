// A lease of our own, for as long as we want it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "tools/common/outcome.h"
#include "tools/kvctl/bell.h"
#include "tools/kvctl/client.h"
#include "tools/kvctl/dialer.h"
#include "tools/kvctl/keep_alive.h"

namespace tools::kvctl {

/// Keeps a lease alive by a thread of its own. The lease counts as lost when a server says that it is gone,
/// and when no server has renewed it for so long that it may be gone after margin(): whoever stops within
/// margin() then has stopped before anybody else can have what hung on the lease. Thread: one.
class Session {
 public:
  struct Granted {
    std::int64_t lease = 0;
    std::chrono::seconds ttl{0};
    SteadyTime asked;  ///< before the lease began
  };

  /// Grants the lease. `client` and the rest outlive the session.
  static Outcome<std::unique_ptr<Session>> open(Client& client, Dialer& dialer, Bell& bell,
                                                std::chrono::seconds ttl);
  /// Keeps a lease that was granted.
  Session(Client& client, Dialer& dialer, Bell& bell, Granted granted);
  /// Ends the keeping; the lease stays until its time is over, unless it was revoked.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] std::int64_t lease() const { return lease_; }
  [[nodiscard]] std::chrono::milliseconds margin() const;
  /// Ends the lease, and with it all keys that hang on it.
  Outcome<void> revoke();

  // With the bell's mutex held:

  [[nodiscard]] bool lost() const { return !why_lost_.empty(); }
  [[nodiscard]] const std::string& why_lost() const { return why_lost_; }

 private:
  void keep(SteadyTime renewed);
  void stop();

  Client& client_;
  Dialer& dialer_;
  Bell& bell_;
  const std::int64_t lease_;
  const std::chrono::milliseconds ttl_;
  bool closing_ = false;
  std::string why_lost_;
  std::thread keeper_;  // last: starts when the rest is there
};

/// --ttl: a number of seconds as etcdctl has it, or a time like 1m30s, of at least a second. Failure:
/// kExitUsage.
Outcome<std::chrono::seconds> read_ttl(const std::string& text);

}  // namespace tools::kvctl
