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
  write_kv(json, kv, with_value, metadata);
  json.end_object();
  return json.take();
}

void write_kv(JsonWriter& json, const mvccpb::KeyValue& kv, bool with_value, bool metadata) {
  json.member("key", kv.key());
  if (with_value) json.member("value", kv.value());
  if (!metadata) return;
  write_number(json, "create_revision", kv.create_revision());
  write_number(json, "mod_revision", kv.mod_revision());
  write_number(json, "version", kv.version());
  write_number(json, "lease", kv.lease());
}

std::string event_line(const mvccpb::Event& event) {
  JsonWriter json;
  json.begin_object().key("type").string(event_type(event));
  write_kv(json, event.kv(), event.type() == mvccpb::Event::PUT, true);
  if (event.has_prev_kv()) {
    json.key("prev").begin_object();
    write_kv(json, event.prev_kv(), true, true);
    json.end_object();
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

void show(std::ostream& out, const Style& style, const etcdserverpb::WatchResponse& response) {
  if (style.format == Format::kRaw) {
    for (const auto& event : response.events()) out << event.kv().value();
    return;
  }
  if (response.events().empty()) out << "{\"progress\":" << response.header().revision() << "}\n";
  for (const auto& event : response.events()) out << event_line(event) << '\n';
}

}  // namespace lines
}  // namespace tools::kvctl
