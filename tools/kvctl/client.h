// Calls to a cluster: which endpoint, how often, and what came of it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "libkv/rpc/client.h"
#include "tools/common/outcome.h"
#include "tools/kvctl/dialer.h"
#include "tools/kvctl/settings.h"
#include "tools/kvctl/token_keeper.h"
#include "tools/kvctl/verdict.h"
#include "tools/kvctl/write_session.h"

namespace tools::kvctl {

struct Method {
  std::string_view path;
  Access access = Access::kRead;
};

inline constexpr Method kRange{"/etcdserverpb.KV/Range", Access::kRead};
inline constexpr Method kPut{"/etcdserverpb.KV/Put", Access::kWriteOnce};
inline constexpr Method kDeleteRange{"/etcdserverpb.KV/DeleteRange", Access::kWriteOnce};
inline constexpr Method kTxn{"/etcdserverpb.KV/Txn", Access::kWriteOnce};
inline constexpr Method kReadOnlyTxn{"/etcdserverpb.KV/Txn", Access::kRead};
inline constexpr Method kCompact{"/etcdserverpb.KV/Compact", Access::kWriteOnce};
inline constexpr Method kMemberList{"/etcdserverpb.Cluster/MemberList", Access::kRead};
inline constexpr Method kMemberAdd{"/etcdserverpb.Cluster/MemberAdd", Access::kWrite};
inline constexpr Method kMemberRemove{"/etcdserverpb.Cluster/MemberRemove", Access::kWrite};
inline constexpr Method kMemberUpdate{"/etcdserverpb.Cluster/MemberUpdate", Access::kWrite};
inline constexpr Method kMemberPromote{"/etcdserverpb.Cluster/MemberPromote", Access::kWrite};
inline constexpr Method kMoveLeader{"/etcdserverpb.Maintenance/MoveLeader", Access::kRead};
inline constexpr Method kAlarm{"/etcdserverpb.Maintenance/Alarm", Access::kRead};
inline constexpr Method kDefragment{"/etcdserverpb.Maintenance/Defragment", Access::kRead};
inline constexpr Method kStatus{"/etcdserverpb.Maintenance/Status", Access::kRead};
inline constexpr Method kHashKv{"/etcdserverpb.Maintenance/HashKV", Access::kRead};
inline constexpr Method kOpenSession{"/kvd.Sessions/Open", Access::kRead};
inline constexpr Method kAuthenticate{"/etcdserverpb.Auth/Authenticate", Access::kRead};

/// Time, as the client sees it; tests hand in another.
struct ClientTime {
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  std::function<void(std::chrono::milliseconds)> pause;  ///< default: sleeps
};

/// One request after the other goes to the endpoint that answered last. What certainly had no effect is tried
/// again elsewhere, until settings.timeout; while nobody can even be reached, until settings.dial_timeout. A
/// write whose outcome is not known is sent again under its number in a session, and never where there are no
/// sessions (etcd): kExitUnknown. With settings.user it authenticates before the first call, and again when a
/// server does not take the token any more. Thread: call() from any.
class Client {
 public:
  /// `log`: where --debug tells of attempts; may be null. The dialer must outlive the client.
  Client(Settings settings, Dialer& dialer, std::ostream* log, ClientTime time = {});
  /// Another for the same cluster and user, which shares the token with `like`.
  Client(const Client& like, Settings settings, Dialer& dialer);

  /// The serialized response. The failure's text says what happened at which endpoint.
  Outcome<std::string> call(const Method& method, const std::string& request);

  /// The same with messages. Failure: also kExitProtocol, when the answer is not a Response.
  template <class Response, class Request>
  Outcome<Response> call(const Method& method, const Request& request) {
    TRY_ASSIGN(const std::string bytes, call(method, request.SerializeAsString()));
    Response response;
    if (!response.ParseFromString(bytes)) return refuse(kExitProtocol, "the answer is not of the etcd API");
    return response;
  }

  /// What a call that is made without this class must carry in its metadata as "token"; empty: nothing. Asks
  /// for one no longer than settings.timeout, or `timeout`.
  Outcome<std::string> token();
  Outcome<std::string> token(std::chrono::milliseconds timeout);
  /// A server did not take it (is_refused_token): the next token() is another.
  void forget_token(std::string_view refused);

  [[nodiscard]] const Settings& settings() const { return settings_; }

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Attempt {
    kv::rpc::Status status;
    std::string response;
    bool sent = false;
    bool uncertain = false;  // it may have been applied
    Verdict verdict{};
    std::string story;  // what happened, for people
  };
  /// One call's way through the endpoints.
  struct Journey {
    const Method& method;
    const std::string& request;
    Access access;
    TimePoint began;
    TimePoint deadline;
    std::optional<WriteSession::Ticket> ticket;  // with kWriteOnce
    std::map<std::size_t, std::string> stories;  // the last of each endpoint
    bool reached = false;                        // some endpoint took the call
    bool uncertain = false;                      // some attempt was
    bool expired = false;                        // and none was: a new session may make the write
    int refreshes = 0;                           // of the token
    std::string token = {};                      // empty: none
    Verdict last{};
  };

  Outcome<std::string> token_until(TimePoint began, TimePoint deadline);
  Outcome<std::string> authenticate(TimePoint began, TimePoint deadline);
  [[nodiscard]] TimePoint deadline_of(TimePoint began) const;
  Outcome<std::string> follow(Journey& journey);
  Outcome<std::string> write_once(Journey& journey);
  /// Finds out whether the cluster has sessions, once.
  Outcome<void> open_session(Journey& journey);
  Attempt send_to(kv::rpc::Channel& channel, const Journey& journey, std::size_t left);
  /// One attempt at every endpoint; nothing when all may be tried again.
  std::optional<Outcome<std::string>> round(Journey& journey, std::size_t turn);
  Attempt attempt(Journey& journey, std::size_t index, std::size_t left);
  /// The same; a token that is refused is replaced and the call made again, kRefreshesMax times at most.
  Outcome<Attempt> attempt_with_token(Journey& journey, std::size_t index, std::size_t left);
  std::chrono::milliseconds patience(const Journey& journey, std::size_t left) const;
  raft::Result<std::shared_ptr<kv::rpc::Channel>> channel_to(std::size_t index, const Journey& journey);
  Failure describe(const Journey& journey) const;
  Failure describe_refusal(const Journey& journey, const Attempt& attempt) const;
  void note(const Method& method, const std::string& story);

  const Settings settings_;
  Dialer& dialer_;
  std::ostream* const log_;
  const ClientTime time_;
  const std::shared_ptr<TokenKeeper> token_;  // shared with clients of the same cluster and user
  WriteSession session_;

  std::mutex session_mutex_;  // guards session_asked_, while it is found out
  bool session_asked_ = false;

  std::mutex mutex_;                                         // guards what follows
  std::vector<std::shared_ptr<kv::rpc::Channel>> channels_;  // shared with calls of other threads
  std::size_t preferred_ = 0;
};

}  // namespace tools::kvctl
