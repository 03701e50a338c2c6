// The simple format: etcdctl's.
#include "tools/common/escape.h"
#include "tools/kvctl/output.h"

namespace tools::kvctl::simple {
namespace {

void print_bytes(std::ostream& out, const Style& style, const std::string& bytes) {
  out << (style.hex ? hex_escape(bytes) : bytes) << (style.zero_ended ? '\0' : '\n');
}

void print_response(std::ostream& out, const Style& style, const etcdserverpb::ResponseOp& op) {
  switch (op.response_case()) {
    case etcdserverpb::ResponseOp::kResponseRange:
      return show(out, style, op.response_range());
    case etcdserverpb::ResponseOp::kResponsePut:
      return show(out, style, op.response_put());
    case etcdserverpb::ResponseOp::kResponseDeleteRange:
      return show(out, style, op.response_delete_range());
    case etcdserverpb::ResponseOp::kResponseTxn:
      return show(out, style, op.response_txn());
    case etcdserverpb::ResponseOp::RESPONSE_NOT_SET:
      return;
  }
}

}  // namespace

void print_kv(std::ostream& out, const Style& style, const mvccpb::KeyValue& kv) {
  if (!style.values_only) print_bytes(out, style, kv.key());
  if (!style.keys_only) {
    print_bytes(out, style, kv.value());
  } else if (!style.zero_ended) {
    out << '\n';  // etcdctl's line for the value that is not there
  }
}

void show(std::ostream& out, const Style& style, const etcdserverpb::RangeResponse& response) {
  if (style.count_only) out << response.count() << '\n';
  for (const auto& kv : response.kvs()) print_kv(out, style, kv);
}

void show(std::ostream& out, const Style& style, const etcdserverpb::PutResponse& response) {
  out << "OK\n";
  if (response.has_prev_kv()) print_kv(out, style, response.prev_kv());
}

void show(std::ostream& out, const Style& style, const etcdserverpb::DeleteRangeResponse& response) {
  out << response.deleted() << '\n';
  for (const auto& kv : response.prev_kvs()) print_kv(out, style, kv);
}

void show(std::ostream& out, const Style& style, const etcdserverpb::TxnResponse& response) {
  out << (response.succeeded() ? "SUCCESS\n" : "FAILURE\n");
  for (const auto& op : response.responses()) {
    out << '\n';
    print_response(out, style, op);
  }
}

void show(std::ostream& out, const Style& style, const etcdserverpb::WatchResponse& response) {
  if (response.events().empty()) out << "progress notify: " << response.header().revision() << '\n';
  for (const auto& event : response.events()) {
    out << event_type(event) << '\n';
    if (event.has_prev_kv()) print_kv(out, style, event.prev_kv());
    print_kv(out, style, event.kv());
  }
}

}  // namespace tools::kvctl::simple
