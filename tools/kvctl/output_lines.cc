// The formats jsonl and raw: what matters are the key-value pairs, whatever response they are in.
#include "tools/common/json_writer.h"
#include "tools/kvctl/output.h"

namespace tools::kvctl {
namespace {

void write_number(JsonWriter& json, std::string_view name, std::int64_t value) {
  if (value != 0) json.key(name).number(value);
}

void print_kv(std::ostream& out, const Style& style, const mvccpb::KeyValue& kv) {
  if (style.format == Format::kJsonl) {
    out << kv_line(kv, !style.keys_only, true) << '\n';
  } else {
    out << (style.keys_only ? kv.key() : kv.value());
  }
}

}  // namespace

std::string kv_line(const mvccpb::KeyValue& kv, bool with_value, bool metadata) {
  JsonWriter json;
  json.begin_object();
  json.member("key", kv.key());
  if (with_value) json.member("value", kv.value());
  if (metadata) {
    write_number(json, "create_revision", kv.create_revision());
    write_number(json, "mod_revision", kv.mod_revision());
    write_number(json, "version", kv.version());
    write_number(json, "lease", kv.lease());
  }
  json.end_object();
  return json.take();
}

namespace lines {

void show(std::ostream& out, const Style& style, const etcdserverpb::RangeResponse& response) {
  if (style.count_only) {
    const std::string count = std::to_string(response.count());
    out << (style.format == Format::kJsonl ? "{\"count\":" + count + "}\n" : count);
    return;
  }
  for (const auto& kv : response.kvs()) print_kv(out, style, kv);
}

void show(std::ostream& out, const Style& style, const etcdserverpb::PutResponse& response) {
  if (response.has_prev_kv()) print_kv(out, style, response.prev_kv());
}

void show(std::ostream& out, const Style& style, const etcdserverpb::DeleteRangeResponse& response) {
  for (const auto& kv : response.prev_kvs()) print_kv(out, style, kv);
}

void show(std::ostream& out, const Style& style, const etcdserverpb::TxnResponse& response) {
  for (const auto& op : response.responses()) {
    show(out, style, op.response_range());
    show(out, style, op.response_put());
    show(out, style, op.response_delete_range());
    if (op.has_response_txn()) show(out, style, op.response_txn());
  }
}

}  // namespace lines
}  // namespace tools::kvctl
