// The fields format: one `"Name" : value` a line, etcdctl's names.
#include <string_view>

#include "tools/common/escape.h"
#include "tools/kvctl/output.h"

namespace tools::kvctl::fields {
namespace {

std::string_view truth(bool value) {
  return value ? "true" : "false";
}

void print_kv(std::ostream& out, std::string_view prefix, const mvccpb::KeyValue& kv) {
  out << '"' << prefix << "Key\" : " << quote(kv.key()) << '\n';
  out << '"' << prefix << "CreateRevision\" : " << kv.create_revision() << '\n';
  out << '"' << prefix << "ModRevision\" : " << kv.mod_revision() << '\n';
  out << '"' << prefix << "Version\" : " << kv.version() << '\n';
  out << '"' << prefix << "Value\" : " << quote(kv.value()) << '\n';
  out << '"' << prefix << "Lease\" : " << kv.lease() << '\n';
}

void print_response(std::ostream& out, const etcdserverpb::ResponseOp& op) {
  switch (op.response_case()) {
    case etcdserverpb::ResponseOp::kResponseRange:
      return show(out, op.response_range());
    case etcdserverpb::ResponseOp::kResponsePut:
      return show(out, op.response_put());
    case etcdserverpb::ResponseOp::kResponseDeleteRange:
      return show(out, op.response_delete_range());
    case etcdserverpb::ResponseOp::kResponseTxn:
      return show(out, op.response_txn());
    case etcdserverpb::ResponseOp::RESPONSE_NOT_SET:
      return;
  }
}

}  // namespace

void print_header(std::ostream& out, const etcdserverpb::ResponseHeader& header) {
  out << "\"ClusterID\" : " << header.cluster_id() << '\n';
  out << "\"MemberID\" : " << header.member_id() << '\n';
  out << "\"Revision\" : " << header.revision() << '\n';
  out << "\"RaftTerm\" : " << header.raft_term() << '\n';
}

void show(std::ostream& out, const etcdserverpb::RangeResponse& response) {
  print_header(out, response.header());
  for (const auto& kv : response.kvs()) print_kv(out, "", kv);
  out << "\"More\" : " << truth(response.more()) << '\n';
  out << "\"Count\" : " << response.count() << '\n';
}

void show(std::ostream& out, const etcdserverpb::PutResponse& response) {
  print_header(out, response.header());
  if (response.has_prev_kv()) print_kv(out, "Prev", response.prev_kv());
}

void show(std::ostream& out, const etcdserverpb::DeleteRangeResponse& response) {
  print_header(out, response.header());
  out << "\"Deleted\" : " << response.deleted() << '\n';
  for (const auto& kv : response.prev_kvs()) print_kv(out, "Prev", kv);
}

void show(std::ostream& out, const etcdserverpb::TxnResponse& response) {
  print_header(out, response.header());
  out << "\"Succeeded\" : " << truth(response.succeeded()) << '\n';
  for (const auto& op : response.responses()) print_response(out, op);
}

void show(std::ostream& out, const etcdserverpb::WatchResponse& response) {
  print_header(out, response.header());
  for (const auto& event : response.events()) {
    out << "\"Type\" : " << event_type(event) << '\n';
    if (event.has_prev_kv()) print_kv(out, "Prev", event.prev_kv());
    print_kv(out, "", event.kv());
  }
}

}  // namespace tools::kvctl::fields
