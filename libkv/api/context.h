// What every service of the API is given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "libkv/rpc/server.h"
#include "libkv/server/server.h"

namespace kv::api {

/// The version that clients are told: that of the etcd whose API this is (contract section 8.5). Bare semver:
/// clients parse it.
inline constexpr std::string_view kEtcdVersion = "3.6.14";
inline constexpr std::string_view kClusterVersion = "3.6.0";

struct ApiOptions {
  std::size_t txn_ops_max = 128;
  std::int64_t quota_bytes = 2147483648;  ///< as clients are told: negative for none
  std::uint32_t learners_max = 1;
  /// Watch responses of so many bytes are sent in fragments, when the client asked for that.
  std::size_t watch_fragment_bytes = 2097152;
  /// A client without a token is who its certificate says (contract section 9.4).
  bool certificate_names = false;
};

class Metrics;

/// Must outlive the rpc server whose methods use it.
struct Context {
  KvServer& server;
  ApiOptions options;
  Metrics* metrics = nullptr;  ///< not owned; null: nothing is counted
};

/// Whether a member that only learns may answer (contract section 1.0.1).
enum class Learner { kMayNot, kMay };

/// The checks that come before every method, in etcd's order; the refusal, when there is one. Counts the
/// request by its client's version.
std::optional<rpc::Status> intercept(const Context& context, const rpc::ServerCall& call, Learner learner);

// Each registers its methods.
void register_kv(rpc::Server& server, const Context& context);
void register_range_stream(rpc::Server& server, const Context& context);
void register_cluster(rpc::Server& server, const Context& context);
void register_maintenance(rpc::Server& server, const Context& context);
void register_alarms(rpc::Server& server, const Context& context);
void register_downgrade(rpc::Server& server, const Context& context);
void register_hash(rpc::Server& server, const Context& context);
void register_snapshot(rpc::Server& server, const Context& context);
void register_lease(rpc::Server& server, const Context& context);
void register_sessions(rpc::Server& server, const Context& context);
void register_watch(rpc::Server& server, const Context& context);
void register_auth(rpc::Server& server, const Context& context);
void register_users(rpc::Server& server, const Context& context);
void register_roles(rpc::Server& server, const Context& context);
void register_lock(rpc::Server& server, const Context& context);
void register_election(rpc::Server& server, const Context& context);
void register_health(rpc::Server& server);

}  // namespace kv::api
