#include "tools/kvctl/output.h"

#include "tools/kvctl/message_json.h"

namespace tools::kvctl {
namespace {

template <class Response>
Outcome<void> print_as(std::ostream& out, const Style& style, const Response& response) {
  switch (style.format) {
    case Format::kSimple:
      simple::show(out, style, response);
      return {};
    case Format::kJson:
      out << to_json(response) << '\n';
      return {};
    case Format::kJsonl:
    case Format::kRaw:
      lines::show(out, style, response);
      return {};
    case Format::kFields:
      fields::show(out, response);
      return {};
    case Format::kTable:
      break;
  }
  return refuse_usage("the format table is for member list and endpoint only");
}

/// As Go writes clientv3's WatchResponse, whose fields have no names of their own in JSON.
std::string watch_json(const etcdserverpb::WatchResponse& response) {
  JsonWriter json(JsonEscapes::kGo);
  json.begin_object().key("Header");
  write_json(json, response.header());
  json.key("Events");
  if (response.events().empty()) {
    json.null();
  } else {
    json.begin_array();
    for (const auto& event : response.events()) write_json(json, event);
    json.end_array();
  }
  json.key("CompactRevision").number(response.compact_revision());
  json.key("Canceled").boolean(response.canceled());
  json.key("Created").boolean(response.created());
  json.end_object();
  return json.take();
}

}  // namespace

std::unexpected<Failure> no_format(std::string_view name) {
  return refuse_usage("this response has no format " + std::string(name));
}

Style style_of(const Settings& settings) {
  return {.format = settings.format, .hex = settings.hex};
}

Outcome<void> print(std::ostream& out, const Style& style, const etcdserverpb::RangeResponse& response) {
  return print_as(out, style, response);
}

Outcome<void> print(std::ostream& out, const Style& style, const etcdserverpb::PutResponse& response) {
  return print_as(out, style, response);
}

Outcome<void> print(std::ostream& out, const Style& style,
                    const etcdserverpb::DeleteRangeResponse& response) {
  return print_as(out, style, response);
}

Outcome<void> print(std::ostream& out, const Style& style, const etcdserverpb::TxnResponse& response) {
  return print_as(out, style, response);
}

Outcome<void> print(std::ostream& out, const Style& style, const etcdserverpb::WatchResponse& response) {
  if (style.format != Format::kJson) return print_as(out, style, response);
  out << watch_json(response) << '\n';
  return {};
}

std::string_view event_type(const mvccpb::Event& event) {
  return event.type() == mvccpb::Event::DELETE ? "DELETE" : "PUT";
}

}  // namespace tools::kvctl
