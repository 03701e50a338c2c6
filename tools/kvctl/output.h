// Responses in the formats of --write-out.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/common/json_writer.h"
#include "tools/common/outcome.h"
#include "tools/kvctl/settings.h"

namespace tools::kvctl {

/// How keys and values are shown.
struct Style {
  Format format = Format::kSimple;
  bool hex = false;
  bool keys_only = false;
  bool values_only = false;
  bool zero_ended = false;  ///< --print0: what the simple format ends with newlines ends with zero bytes
  bool count_only = false;
};

Style style_of(const Settings& settings);

/// Failure: kExitUsage for a format that this response does not have.
Outcome<void> print(std::ostream& out, const Style& style, const etcdserverpb::RangeResponse& response);
Outcome<void> print(std::ostream& out, const Style& style, const etcdserverpb::PutResponse& response);
Outcome<void> print(std::ostream& out, const Style& style, const etcdserverpb::DeleteRangeResponse& response);
Outcome<void> print(std::ostream& out, const Style& style, const etcdserverpb::TxnResponse& response);

/// One object, no newline: {"key":…,"value":…} where they are UTF-8, "key_b64" and "value_b64" where not; the
/// revisions, version and lease behind them when `metadata`. What import reads.
std::string kv_line(const mvccpb::KeyValue& kv, bool with_value, bool metadata);

/// The same members, in an object that is begun.
void write_kv(JsonWriter& json, const mvccpb::KeyValue& kv, bool with_value, bool metadata);

/// The next response of a watch, or one without events, which tells how far it is.
Outcome<void> print(std::ostream& out, const Style& style, const etcdserverpb::WatchResponse& response);
/// One object, no newline: {"type":"PUT",…} with what kv_line has, and the one before under "prev".
std::string event_line(const mvccpb::Event& event);
std::string_view event_type(const mvccpb::Event& event);

/// A usage failure: what was asked for cannot be printed so.
std::unexpected<Failure> no_format(std::string_view name);

// The formats (output_simple.cc, output_fields.cc, output_lines.cc).
namespace simple {
void print_kv(std::ostream& out, const Style& style, const mvccpb::KeyValue& kv);
void show(std::ostream& out, const Style& style, const etcdserverpb::RangeResponse& response);
void show(std::ostream& out, const Style& style, const etcdserverpb::PutResponse& response);
void show(std::ostream& out, const Style& style, const etcdserverpb::DeleteRangeResponse& response);
void show(std::ostream& out, const Style& style, const etcdserverpb::TxnResponse& response);
void show(std::ostream& out, const Style& style, const etcdserverpb::WatchResponse& response);
}  // namespace simple
namespace fields {
void print_header(std::ostream& out, const etcdserverpb::ResponseHeader& header);
void show(std::ostream& out, const etcdserverpb::RangeResponse& response);
void show(std::ostream& out, const etcdserverpb::PutResponse& response);
void show(std::ostream& out, const etcdserverpb::DeleteRangeResponse& response);
void show(std::ostream& out, const etcdserverpb::TxnResponse& response);
void show(std::ostream& out, const etcdserverpb::WatchResponse& response);
}  // namespace fields
namespace lines {
/// kJsonl and kRaw: every key-value pair of a response.
void show(std::ostream& out, const Style& style, const etcdserverpb::RangeResponse& response);
void show(std::ostream& out, const Style& style, const etcdserverpb::PutResponse& response);
void show(std::ostream& out, const Style& style, const etcdserverpb::DeleteRangeResponse& response);
void show(std::ostream& out, const Style& style, const etcdserverpb::TxnResponse& response);
void show(std::ostream& out, const Style& style, const etcdserverpb::WatchResponse& response);
}  // namespace lines

}  // namespace tools::kvctl
