#include "libkv/api/access.h"

#include <unordered_map>

namespace kv::api {
namespace {

const std::unordered_map<std::string_view, Access>& rules() {
  using enum Access;
  static const std::unordered_map<std::string_view, Access> all = {
      {"/etcdserverpb.KV/Range", kKeys},
      {"/etcdserverpb.KV/RangeStream", kKeys},
      {"/etcdserverpb.KV/Put", kKeys},
      {"/etcdserverpb.KV/DeleteRange", kKeys},
      {"/etcdserverpb.KV/Txn", kKeys},
      {"/etcdserverpb.KV/Compact", kAdmin},
      {"/etcdserverpb.Watch/Watch", kKeys},
      {"/etcdserverpb.Lease/LeaseGrant", kKeys},
      {"/etcdserverpb.Lease/LeaseRevoke", kKeys},
      {"/etcdserverpb.Lease/LeaseKeepAlive", kKeys},
      {"/etcdserverpb.Lease/LeaseTimeToLive", kKeys},
      {"/etcdserverpb.Lease/LeaseLeases", kKeys},
      {"/etcdserverpb.Cluster/MemberAdd", kAdmin},
      {"/etcdserverpb.Cluster/MemberRemove", kAdmin},
      {"/etcdserverpb.Cluster/MemberUpdate", kAdmin},
      {"/etcdserverpb.Cluster/MemberList", kUser},
      {"/etcdserverpb.Cluster/MemberPromote", kAdmin},
      {"/etcdserverpb.Maintenance/Alarm", kKeys},  // to list them is for every user
      {"/etcdserverpb.Maintenance/Status", kUser},
      {"/etcdserverpb.Maintenance/Defragment", kAdmin},
      {"/etcdserverpb.Maintenance/Hash", kAdmin},
      {"/etcdserverpb.Maintenance/HashKV", kAdmin},
      {"/etcdserverpb.Maintenance/Snapshot", kAdmin},
      {"/etcdserverpb.Maintenance/MoveLeader", kAdmin},
      {"/etcdserverpb.Maintenance/Downgrade", kAdmin},
      // For administrators, as the log says when it applies them: it knows who is one now.
      {"/etcdserverpb.Auth/AuthEnable", kKeys},
      {"/etcdserverpb.Auth/AuthDisable", kKeys},
      {"/etcdserverpb.Auth/AuthStatus", kKeys},
      {"/etcdserverpb.Auth/Authenticate", kOpen},
      {"/etcdserverpb.Auth/UserAdd", kKeys},
      {"/etcdserverpb.Auth/UserGet", kKeys},  // everyone may look at oneself
      {"/etcdserverpb.Auth/UserList", kKeys},
      {"/etcdserverpb.Auth/UserDelete", kKeys},
      {"/etcdserverpb.Auth/UserChangePassword", kKeys},
      {"/etcdserverpb.Auth/UserGrantRole", kKeys},
      {"/etcdserverpb.Auth/UserRevokeRole", kKeys},
      {"/etcdserverpb.Auth/RoleAdd", kKeys},
      {"/etcdserverpb.Auth/RoleGet", kKeys},  // and at one's roles
      {"/etcdserverpb.Auth/RoleList", kKeys},
      {"/etcdserverpb.Auth/RoleDelete", kKeys},
      {"/etcdserverpb.Auth/RoleGrantPermission", kKeys},
      {"/etcdserverpb.Auth/RoleRevokePermission", kKeys},
      {"/v3lockpb.Lock/Lock", kKeys},
      {"/v3lockpb.Lock/Unlock", kKeys},
      {"/v3electionpb.Election/Campaign", kKeys},
      {"/v3electionpb.Election/Proclaim", kKeys},
      {"/v3electionpb.Election/Leader", kKeys},
      {"/v3electionpb.Election/Observe", kKeys},
      {"/v3electionpb.Election/Resign", kKeys},
      {"/kvd.Sessions/Open", kUser},
      {"/grpc.health.v1.Health/Check", kOpen},
      {"/grpc.health.v1.Health/Watch", kOpen},
  };
  return all;
}

}  // namespace

Access access_of(std::string_view path) {
  const auto found = rules().find(path);
  return found == rules().end() ? Access::kAdmin : found->second;
}

bool has_rule(std::string_view path) {
  return rules().contains(path);
}

}  // namespace kv::api
