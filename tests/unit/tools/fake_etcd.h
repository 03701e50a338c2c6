// A store behind a real socket that knows as much of the etcd API as kvctl uses.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "libkv/api/proto/rpc.pb.h"
#include "libkv/rpc/server.h"

namespace tools::kvctl {

/// The id of the one member that it begins with, which is the one that answers.
inline constexpr std::uint64_t kFakeMember = 0xabc;

/// Thread: any.
class FakeEtcd {
 public:
  FakeEtcd();

  [[nodiscard]] std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }
  /// Every put is answered so from now on.
  void refuse_puts(kv::rpc::Status status);
  [[nodiscard]] std::size_t size() const;
  /// From now on it knows as little of members as etcd does: they neither promote themselves nor replace.
  void forget_our_fields();
  /// Who is said to lead; 0: nobody.
  void let_lead(std::uint64_t member);

 private:
  template <class Request, class Response>
  void add(const std::string& path, Response (FakeEtcd::*answer)(const Request&));

  etcdserverpb::RangeResponse range(const etcdserverpb::RangeRequest& request);
  etcdserverpb::PutResponse put(const etcdserverpb::PutRequest& request);
  etcdserverpb::DeleteRangeResponse remove(const etcdserverpb::DeleteRangeRequest& request);
  etcdserverpb::TxnResponse txn(const etcdserverpb::TxnRequest& request);
  etcdserverpb::StatusResponse status(const etcdserverpb::StatusRequest& request);
  etcdserverpb::AlarmResponse alarms(const etcdserverpb::AlarmRequest& request);
  template <class Response>
  [[nodiscard]] Response all() const;
  etcdserverpb::MemberListResponse members(const etcdserverpb::MemberListRequest& request);
  etcdserverpb::MemberAddResponse add_member(const etcdserverpb::MemberAddRequest& request);
  etcdserverpb::MemberRemoveResponse remove_member(const etcdserverpb::MemberRemoveRequest& request);
  etcdserverpb::MemberUpdateResponse update_member(const etcdserverpb::MemberUpdateRequest& request);
  etcdserverpb::MemberPromoteResponse promote_member(const etcdserverpb::MemberPromoteRequest& request);
  etcdserverpb::MoveLeaderResponse move_leader(const etcdserverpb::MoveLeaderRequest& request);
  etcdserverpb::CompactionResponse compact(const etcdserverpb::CompactionRequest& request);
  [[nodiscard]] bool holds(const etcdserverpb::Compare& compare) const;
  void run(const etcdserverpb::RequestOp& op, etcdserverpb::ResponseOp& answer);

  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, mvccpb::KeyValue> data_;
  std::int64_t revision_ = 1;
  kv::rpc::Status put_status_{};
  std::map<std::uint64_t, etcdserverpb::Member> members_;
  std::uint64_t next_member_ = 0xdef0;
  std::uint64_t leader_ = kFakeMember;
  bool knows_our_fields_ = true;

  std::uint16_t port_ = 0;
  std::unique_ptr<kv::rpc::Server> server_;  // last: stops before the rest goes
};

}  // namespace tools::kvctl
