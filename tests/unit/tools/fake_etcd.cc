#include "tests/unit/tools/fake_etcd.h"

#include <algorithm>

namespace tools::kvctl {

using etcdserverpb::Compare;

FakeEtcd::FakeEtcd() : server_(kv::rpc::Server::create({.io_threads = 1}, {}, {})) {
  add("/etcdserverpb.KV/Range", &FakeEtcd::range);
  add("/etcdserverpb.KV/Put", &FakeEtcd::put);
  add("/etcdserverpb.KV/DeleteRange", &FakeEtcd::remove);
  add("/etcdserverpb.KV/Txn", &FakeEtcd::txn);
  add("/etcdserverpb.KV/Compact", &FakeEtcd::compact);
  add("/etcdserverpb.Maintenance/Status", &FakeEtcd::status);
  add("/etcdserverpb.Maintenance/Alarm", &FakeEtcd::alarms);
  add("/etcdserverpb.Cluster/MemberList", &FakeEtcd::members);
  add("/etcdserverpb.Cluster/MemberAdd", &FakeEtcd::add_member);
  add("/etcdserverpb.Cluster/MemberRemove", &FakeEtcd::remove_member);
  add("/etcdserverpb.Cluster/MemberUpdate", &FakeEtcd::update_member);
  add("/etcdserverpb.Cluster/MemberPromote", &FakeEtcd::promote_member);
  add("/etcdserverpb.Maintenance/MoveLeader", &FakeEtcd::move_leader);
  port_ = server_->listen("127.0.0.1", 0, std::nullopt).value();
  auto& member = members_[kFakeMember];
  member.set_id(kFakeMember);
  member.set_name("one");
  member.add_peerurls("http://127.0.0.1:1");
  member.add_clienturls("http://" + endpoint());
  server_->start();
}

template <class Request, class Response>
void FakeEtcd::add(const std::string& path, Response (FakeEtcd::*answer)(const Request&)) {
  server_->add_unary(path, [this, path, answer](const kv::rpc::CallPtr& call, std::string_view bytes) {
    Request request;
    if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return call->finish({kv::rpc::Code::kInternal, "not the message of this method"});
    }
    const std::lock_guard lock(mutex_);
    if (path.ends_with("/Put") && !put_status_.ok()) return call->finish(put_status_);
    Response response = (this->*answer)(request);
    response.mutable_header()->set_revision(revision_);
    call->reply(response.SerializeAsString());
  });
}

void FakeEtcd::refuse_puts(kv::rpc::Status status) {
  const std::lock_guard lock(mutex_);
  put_status_ = std::move(status);
}

std::size_t FakeEtcd::size() const {
  const std::lock_guard lock(mutex_);
  return data_.size();
}

etcdserverpb::RangeResponse FakeEtcd::range(const etcdserverpb::RangeRequest& request) {
  etcdserverpb::RangeResponse response;
  for (const auto& [key, kv] : data_) {
    const bool everything_behind = request.range_end() == std::string(1, '\0');
    const bool within = request.range_end().empty()
                            ? key == request.key()
                            : key >= request.key() && (everything_behind || key < request.range_end());
    if (!within) continue;
    response.set_count(response.count() + 1);
    if (request.count_only()) continue;
    if (request.limit() > 0 && response.kvs_size() == request.limit()) {
      response.set_more(true);
      continue;
    }
    *response.add_kvs() = kv;
    if (request.keys_only()) response.mutable_kvs()->rbegin()->clear_value();
  }
  return response;
}

etcdserverpb::PutResponse FakeEtcd::put(const etcdserverpb::PutRequest& request) {
  ++revision_;
  mvccpb::KeyValue& kv = data_[request.key()];
  etcdserverpb::PutResponse response;
  if (request.prev_kv() && kv.version() > 0) *response.mutable_prev_kv() = kv;
  kv.set_key(request.key());
  kv.set_value(request.value());
  if (kv.version() == 0) kv.set_create_revision(revision_);
  kv.set_mod_revision(revision_);
  kv.set_version(kv.version() + 1);
  return response;
}

etcdserverpb::DeleteRangeResponse FakeEtcd::remove(const etcdserverpb::DeleteRangeRequest& request) {
  etcdserverpb::RangeRequest which;
  which.set_key(request.key());
  which.set_range_end(request.range_end());
  etcdserverpb::DeleteRangeResponse response;
  const etcdserverpb::RangeResponse doomed = range(which);
  for (const auto& kv : doomed.kvs()) {
    data_.erase(kv.key());
    response.set_deleted(response.deleted() + 1);
  }
  if (response.deleted() > 0) ++revision_;
  return response;
}

bool FakeEtcd::holds(const Compare& compare) const {
  const auto found = data_.find(compare.key());
  const mvccpb::KeyValue kv = found == data_.end() ? mvccpb::KeyValue() : found->second;
  if (compare.target() == Compare::VALUE) return found != data_.end() && kv.value() == compare.value();
  const std::int64_t actual = compare.target() == Compare::VERSION ? kv.version() : kv.mod_revision();
  const std::int64_t wanted =
      compare.target() == Compare::VERSION ? compare.version() : compare.mod_revision();
  if (compare.result() == Compare::LESS) return actual < wanted;
  return compare.result() == Compare::GREATER ? actual > wanted : actual == wanted;
}

void FakeEtcd::run(const etcdserverpb::RequestOp& op, etcdserverpb::ResponseOp& answer) {
  if (op.has_request_put()) *answer.mutable_response_put() = put(op.request_put());
  if (op.has_request_range()) *answer.mutable_response_range() = range(op.request_range());
  if (op.has_request_delete_range())
    *answer.mutable_response_delete_range() = remove(op.request_delete_range());
}

etcdserverpb::TxnResponse FakeEtcd::txn(const etcdserverpb::TxnRequest& request) {
  etcdserverpb::TxnResponse response;
  response.set_succeeded(
      std::ranges::all_of(request.compare(), [this](const Compare& compare) { return holds(compare); }));
  const std::int64_t before = revision_;
  for (const auto& op : response.succeeded() ? request.success() : request.failure()) {
    run(op, *response.add_responses());
  }
  revision_ = std::min(revision_, before + 1);
  return response;
}

etcdserverpb::StatusResponse FakeEtcd::status(const etcdserverpb::StatusRequest&) {
  etcdserverpb::StatusResponse response;
  response.set_version("3.6.0");
  response.mutable_header()->set_member_id(kFakeMember);
  response.set_leader(leader_);
  response.set_raftindex(9);
  response.set_raftappliedindex(9);
  return response;
}

etcdserverpb::AlarmResponse FakeEtcd::alarms(const etcdserverpb::AlarmRequest&) {
  return {};
}

template <class Response>
Response FakeEtcd::all() const {
  Response response;
  response.mutable_header()->set_cluster_id(0xc1);
  for (const auto& [id, member] : members_) *response.add_members() = member;
  return response;
}

etcdserverpb::MemberListResponse FakeEtcd::members(const etcdserverpb::MemberListRequest&) {
  return all<etcdserverpb::MemberListResponse>();
}

etcdserverpb::MemberAddResponse FakeEtcd::add_member(const etcdserverpb::MemberAddRequest& request) {
  auto& member = members_[next_member_];
  member.set_id(next_member_++);
  *member.mutable_peerurls() = request.peerurls();
  member.set_islearner(request.islearner());
  if (knows_our_fields_) {
    member.set_promotewhencaughtup(request.promotewhencaughtup());
    member.set_replaces(request.replaces());
  }
  auto response = all<etcdserverpb::MemberAddResponse>();
  *response.mutable_member() = member;
  return response;
}

etcdserverpb::MemberRemoveResponse FakeEtcd::remove_member(const etcdserverpb::MemberRemoveRequest& request) {
  members_.erase(request.id());
  return all<etcdserverpb::MemberRemoveResponse>();
}

etcdserverpb::MemberUpdateResponse FakeEtcd::update_member(const etcdserverpb::MemberUpdateRequest& request) {
  *members_.at(request.id()).mutable_peerurls() = request.peerurls();
  return all<etcdserverpb::MemberUpdateResponse>();
}

etcdserverpb::MemberPromoteResponse FakeEtcd::promote_member(
    const etcdserverpb::MemberPromoteRequest& request) {
  members_.at(request.id()).set_islearner(false);
  return all<etcdserverpb::MemberPromoteResponse>();
}

etcdserverpb::MoveLeaderResponse FakeEtcd::move_leader(const etcdserverpb::MoveLeaderRequest& request) {
  leader_ = request.targetid();
  return {};
}

void FakeEtcd::forget_our_fields() {
  const std::lock_guard lock(mutex_);
  knows_our_fields_ = false;
}

void FakeEtcd::let_lead(std::uint64_t member) {
  const std::lock_guard lock(mutex_);
  leader_ = member;
}

etcdserverpb::CompactionResponse FakeEtcd::compact(const etcdserverpb::CompactionRequest&) {
  return {};
}

}  // namespace tools::kvctl
