#include "libkv/gateway/routes.h"

#include <array>
#include <map>
#include <string>
#include <utility>

#include "libkv/api/proto/election.pb.h"
#include "libkv/api/proto/lock.pb.h"
#include "libkv/api/proto/rpc.pb.h"

namespace kv::gateway {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::MethodDescriptor;

constexpr std::array<std::string_view, 3> kPrefixes = {"/v3", "/v3beta", "/v3alpha"};

struct Route {
  std::string_view path;
  std::string_view method;
};

constexpr auto kRoutes = std::to_array<Route>({
    {"/kv/range", "etcdserverpb.KV.Range"},
    {"/kv/put", "etcdserverpb.KV.Put"},
    {"/kv/deleterange", "etcdserverpb.KV.DeleteRange"},
    {"/kv/txn", "etcdserverpb.KV.Txn"},
    {"/kv/compaction", "etcdserverpb.KV.Compact"},
    {"/watch", "etcdserverpb.Watch.Watch"},
    {"/lease/grant", "etcdserverpb.Lease.LeaseGrant"},
    {"/lease/revoke", "etcdserverpb.Lease.LeaseRevoke"},
    {"/kv/lease/revoke", "etcdserverpb.Lease.LeaseRevoke"},
    {"/lease/keepalive", "etcdserverpb.Lease.LeaseKeepAlive"},
    {"/lease/timetolive", "etcdserverpb.Lease.LeaseTimeToLive"},
    {"/kv/lease/timetolive", "etcdserverpb.Lease.LeaseTimeToLive"},
    {"/lease/leases", "etcdserverpb.Lease.LeaseLeases"},
    {"/kv/lease/leases", "etcdserverpb.Lease.LeaseLeases"},
    {"/cluster/member/add", "etcdserverpb.Cluster.MemberAdd"},
    {"/cluster/member/remove", "etcdserverpb.Cluster.MemberRemove"},
    {"/cluster/member/update", "etcdserverpb.Cluster.MemberUpdate"},
    {"/cluster/member/list", "etcdserverpb.Cluster.MemberList"},
    {"/cluster/member/promote", "etcdserverpb.Cluster.MemberPromote"},
    {"/maintenance/alarm", "etcdserverpb.Maintenance.Alarm"},
    {"/maintenance/status", "etcdserverpb.Maintenance.Status"},
    {"/maintenance/defragment", "etcdserverpb.Maintenance.Defragment"},
    {"/maintenance/hash", "etcdserverpb.Maintenance.Hash"},
    {"/maintenance/hashkv", "etcdserverpb.Maintenance.HashKV"},
    {"/maintenance/snapshot", "etcdserverpb.Maintenance.Snapshot"},
    {"/maintenance/transfer-leadership", "etcdserverpb.Maintenance.MoveLeader"},
    {"/maintenance/downgrade", "etcdserverpb.Maintenance.Downgrade"},
    {"/auth/enable", "etcdserverpb.Auth.AuthEnable"},
    {"/auth/disable", "etcdserverpb.Auth.AuthDisable"},
    {"/auth/status", "etcdserverpb.Auth.AuthStatus"},
    {"/auth/authenticate", "etcdserverpb.Auth.Authenticate"},
    {"/auth/user/add", "etcdserverpb.Auth.UserAdd"},
    {"/auth/user/get", "etcdserverpb.Auth.UserGet"},
    {"/auth/user/list", "etcdserverpb.Auth.UserList"},
    {"/auth/user/delete", "etcdserverpb.Auth.UserDelete"},
    {"/auth/user/changepw", "etcdserverpb.Auth.UserChangePassword"},
    {"/auth/user/grant", "etcdserverpb.Auth.UserGrantRole"},
    {"/auth/user/revoke", "etcdserverpb.Auth.UserRevokeRole"},
    {"/auth/role/add", "etcdserverpb.Auth.RoleAdd"},
    {"/auth/role/get", "etcdserverpb.Auth.RoleGet"},
    {"/auth/role/list", "etcdserverpb.Auth.RoleList"},
    {"/auth/role/delete", "etcdserverpb.Auth.RoleDelete"},
    {"/auth/role/grant", "etcdserverpb.Auth.RoleGrantPermission"},
    {"/auth/role/revoke", "etcdserverpb.Auth.RoleRevokePermission"},
    {"/lock/lock", "v3lockpb.Lock.Lock"},
    {"/lock/unlock", "v3lockpb.Lock.Unlock"},
    {"/election/campaign", "v3electionpb.Election.Campaign"},
    {"/election/proclaim", "v3electionpb.Election.Proclaim"},
    {"/election/leader", "v3electionpb.Election.Leader"},
    {"/election/observe", "v3electionpb.Election.Observe"},
    {"/election/resign", "v3electionpb.Election.Resign"},
});

using Table = std::map<std::string_view, const MethodDescriptor*>;

Table make_table() {
  // Whoever asks for a message of a file has the whole file linked.
  static_cast<void>(etcdserverpb::RangeRequest::descriptor());
  static_cast<void>(v3lockpb::LockRequest::descriptor());
  static_cast<void>(v3electionpb::LeaderRequest::descriptor());
  Table table;
  for (const auto& [path, method] : kRoutes) {
    const auto* const found = DescriptorPool::generated_pool()->FindMethodByName(std::string(method));
    if (found != nullptr) table.emplace(path, found);
  }
  return table;
}

/// What is behind the prefix, from its slash on; empty when the path has none.
std::string_view below_prefix(std::string_view path) {
  for (const std::string_view prefix : kPrefixes) {
    if (path.starts_with(prefix) && path.size() > prefix.size() && path[prefix.size()] == '/') {
      return path.substr(prefix.size());
    }
  }
  return {};
}

}  // namespace

const MethodDescriptor* find_route(std::string_view path) {
  static const Table table = make_table();
  const auto found = table.find(below_prefix(path));
  return found == table.end() ? nullptr : found->second;
}

bool is_gateway_path(std::string_view path) {
  return !below_prefix(path).empty();
}

}  // namespace kv::gateway
