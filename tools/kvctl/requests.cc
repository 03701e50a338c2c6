#include "tools/kvctl/requests.h"

#include <charconv>
#include <optional>

#include "libraft/base/base64.h"
#include "tools/common/escape.h"

namespace tools::kvctl {
namespace {

const std::string kZero(1, '\0');

using etcdserverpb::RangeRequest;

RangeRequest::SortTarget sort_target(std::string_view name) {
  if (name == "CREATE") return RangeRequest::CREATE;
  if (name == "MODIFY") return RangeRequest::MOD;
  if (name == "VALUE") return RangeRequest::VALUE;
  if (name == "VERSION") return RangeRequest::VERSION;
  return RangeRequest::KEY;
}

/// Without an order a server may cut at the limit before it sorts, so that --sort-by alone means ASCEND.
RangeRequest::SortOrder sort_order(const Parsed& options) {
  if (options.text("order") == "DESCEND") return RangeRequest::DESCEND;
  return options.given("order") || options.given("sort-by") ? RangeRequest::ASCEND : RangeRequest::NONE;
}

}  // namespace

std::optional<std::int64_t> parse_lease(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return id;
}

std::string prefix_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (end.empty()) return kZero;
  ++end.back();
  return end;
}

bool KeyRange::is_everything() const {
  return range_end == kZero && (key.empty() || key == kZero);
}

Outcome<std::string> read_key(const Parsed& options, const std::string& argument) {
  const bool hex = options.on("key-hex");
  if (hex && options.on("key-b64")) return refuse_usage("--key-hex and --key-b64 exclude each other");
  if (!hex && !options.on("key-b64")) return argument;
  auto key = hex ? hex_decode(argument) : raft::base64_decode(argument);
  if (!key) return refuse_usage("key \"" + argument + "\": not " + (hex ? "hexadecimal" : "base64"));
  return std::move(*key);
}

Outcome<KeyRange> key_range(const Parsed& options) {
  return key_range(options, options.arguments());
}

Outcome<KeyRange> key_range(const Parsed& options, const std::vector<std::string>& arguments) {
  const bool prefix = options.on("prefix");
  const bool from_key = options.on("from-key");
  if (arguments.empty()) return refuse_usage("there is no KEY");
  if (prefix && from_key) return refuse_usage("--prefix and --from-key exclude each other");
  if (arguments.size() > 1 && (prefix || from_key)) {
    return refuse_usage("a RANGE_END goes with neither --prefix nor --from-key");
  }
  KeyRange range;
  TRY_ASSIGN(range.key, read_key(options, arguments[0]));
  if (arguments.size() > 1) {
    TRY_ASSIGN(range.range_end, read_key(options, arguments[1]));
  } else if (from_key) {
    range.range_end = kZero;
  } else if (prefix) {
    range.range_end = prefix_end(range.key);
  }
  if (range.key.empty() && (prefix || from_key)) range.key = kZero;
  return range;
}

Outcome<RangeRequest> range_request(const Parsed& options) {
  TRY_ASSIGN(KeyRange range, key_range(options));
  RangeRequest request;
  request.set_key(std::move(range.key));
  request.set_range_end(std::move(range.range_end));
  request.set_limit(options.number("limit"));
  request.set_revision(options.number("rev"));
  request.set_sort_order(sort_order(options));
  request.set_sort_target(sort_target(options.text("sort-by")));
  request.set_serializable(options.text("consistency") == "s");
  request.set_keys_only(options.on("keys-only"));
  request.set_count_only(options.on("count-only"));
  request.set_min_create_revision(options.number("min-create-rev"));
  request.set_max_create_revision(options.number("max-create-rev"));
  request.set_min_mod_revision(options.number("min-mod-rev"));
  request.set_max_mod_revision(options.number("max-mod-rev"));
  return request;
}

Outcome<etcdserverpb::DeleteRangeRequest> delete_request(const Parsed& options) {
  TRY_ASSIGN(KeyRange range, key_range(options));
  etcdserverpb::DeleteRangeRequest request;
  request.set_key(std::move(range.key));
  request.set_range_end(std::move(range.range_end));
  request.set_prev_kv(options.on("prev-kv"));
  return request;
}

Outcome<etcdserverpb::PutRequest> put_request(const Parsed& options, std::string value) {
  etcdserverpb::PutRequest request;
  TRY_ASSIGN(std::string key, read_key(options, options.arguments().at(0)));
  request.set_key(std::move(key));
  request.set_value(std::move(value));
  if (options.given("lease")) {
    const auto lease = parse_lease(options.text("lease"));
    if (!lease) return refuse_usage("--lease \"" + options.text("lease") + "\": not a hexadecimal number");
    request.set_lease(*lease);
  }
  request.set_prev_kv(options.on("prev-kv"));
  request.set_ignore_value(options.on("ignore-value"));
  request.set_ignore_lease(options.on("ignore-lease"));
  return request;
}

}  // namespace tools::kvctl
