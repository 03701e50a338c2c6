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

}  // namespace tools::kvctl
