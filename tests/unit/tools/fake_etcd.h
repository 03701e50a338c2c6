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

/// Thread: any.
class FakeEtcd {
 public:
  FakeEtcd();

  [[nodiscard]] std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }
  /// Every put is answered so from now on.
  void refuse_puts(kv::rpc::Status status);
  [[nodiscard]] std::size_t size() const;

 private:
  template <class Request, class Response>
  void add(const std::string& path, Response (FakeEtcd::*answer)(const Request&));

  etcdserverpb::RangeResponse range(const etcdserverpb::RangeRequest& request);
  etcdserverpb::PutResponse put(const etcdserverpb::PutRequest& request);
  etcdserverpb::DeleteRangeResponse remove(const etcdserverpb::DeleteRangeRequest& request);
  etcdserverpb::TxnResponse txn(const etcdserverpb::TxnRequest& request);
  etcdserverpb::StatusResponse status(const etcdserverpb::StatusRequest& request);
  etcdserverpb::AlarmResponse alarms(const etcdserverpb::AlarmRequest& request);
  etcdserverpb::MemberListResponse members(const etcdserverpb::MemberListRequest& request);
  etcdserverpb::CompactionResponse compact(const etcdserverpb::CompactionRequest& request);
  [[nodiscard]] bool holds(const etcdserverpb::Compare& compare) const;
  void run(const etcdserverpb::RequestOp& op, etcdserverpb::ResponseOp& answer);

  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, mvccpb::KeyValue> data_;
  std::int64_t revision_ = 1;
  kv::rpc::Status put_status_{};

  std::uint16_t port_ = 0;
  std::unique_ptr<kv::rpc::Server> server_;  // last: stops before the rest goes
};

}  // namespace tools::kvctl
