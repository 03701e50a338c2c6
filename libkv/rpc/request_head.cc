#include "libkv/rpc/request_head.h"

#include <algorithm>
#include <utility>

#include "libkv/rpc/http_text.h"
#include "libkv/rpc/limits.h"
#include "libkv/rpc/timeout.h"
#include "libraft/base/base64.h"

namespace kv::rpc {
namespace {

constexpr std::size_t kHeaderOverheadBytes = 32;  // RFC 9113 section 6.5.2

constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";

/// RFC 9113 section 8.2.1: a token without upper case letters.
bool is_field_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || kMarks.contains(c);
  });
}

/// No control characters but the tab.
bool is_field_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7F) || byte == '\t';
  });
}

/// RFC 9113 section 8.2.2: these belong to HTTP/1.1.
bool is_connection_specific(std::string_view name) {
  return name == "connection" || name == "keep-alive" || name == "proxy-connection" || name == "upgrade" ||
         name == "transfer-encoding";
}

}  // namespace

void RequestHead::reset() {
  path_.clear();
  method_.clear();
  content_type_.clear();
  encoding_.clear();
  timeout_.reset();
  metadata_.clear();
  fault_.clear();
  pseudo_seen_ = 0;
  authority_seen_ = regular_seen_ = is_grpc_ = is_post_ = malformed_ = false;
  bytes_ = 0;
  bytes_max_ = kHeaderListBytesMax;
}

void RequestHead::add(std::string_view name, std::string_view value) {
  bytes_ += name.size() + value.size() + kHeaderOverheadBytes;
  if (too_large()) return;
  if (name.starts_with(':')) return add_pseudo(name, value);
  regular_seen_ = true;
  if (!add_reserved(name, value)) add_metadata(name, value);
}

void RequestHead::see(Pseudo pseudo) {
  if ((pseudo_seen_ & pseudo) != 0) malformed_ = true;
  pseudo_seen_ |= pseudo;
}

void RequestHead::add_pseudo(std::string_view name, std::string_view value) {
  if (regular_seen_) malformed_ = true;
  if (name == ":path") {
    see(kPath);
    if (value.empty() || !is_field_value(value)) malformed_ = true;
    path_ = value;
  } else if (name == ":method") {
    see(kMethod);
    is_post_ = value == "POST";
    if (is_post_) return;
    if (!is_field_name(lower_case(value))) malformed_ = true;
    method_ = value;
  } else if (name == ":scheme") {
    see(kScheme);
  } else if (name == ":authority") {
    if (std::exchange(authority_seen_, true)) malformed_ = true;
  } else {
    malformed_ = true;
  }
}

void RequestHead::add_metadata(std::string_view name, std::string_view value) {
  if (!is_field_name(name) || !is_field_value(value) || is_connection_specific(name)) {
    malformed_ = true;
    return;
  }
  if (name.ends_with("-bin")) return add_binary(name, value);
  metadata_.emplace_back(name, value);
}

/// True for the headers that are HTTP's or gRPC's own.
bool RequestHead::add_reserved(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 2:
      if (name != "te") return false;
      if (value != "trailers") malformed_ = true;
      return true;
    case 10:
      return name == "user-agent";
    case 12:
      if (name == "content-type") {
        is_grpc_ = value.starts_with("application/grpc");
        if (!is_grpc_) content_type_ = value;
        return true;
      }
      if (name != "grpc-timeout") return false;
      timeout_ = parse_timeout(value);
      if (!timeout_) fault_ = "malformed grpc-timeout: \"" + std::string(value) + "\"";
      return true;
    case 13:
      if (name != "grpc-encoding") return false;
      encoding_ = value;
      return true;
    case 14:
      return name == "content-length";
    case 15:
      return name == "accept-encoding";
    case 17:
      return name == "grpc-message-type";
    case 20:
      return name == "grpc-accept-encoding";
    default:
      return false;
  }
}

/// Several values may come as one, between commas (gRPC over HTTP/2, "Custom-Metadata").
void RequestHead::add_binary(std::string_view name, std::string_view value) {
  while (true) {
    const std::size_t comma = value.find(',');
    auto decoded = raft::base64_decode(value.substr(0, comma));
    if (decoded) {
      metadata_.emplace_back(name, std::move(*decoded));
    } else if (fault_.empty()) {
      fault_ = "malformed binary metadata \"" + std::string(name) + "\"";
    }
    if (comma == std::string_view::npos) return;
    value.remove_prefix(comma + 1);
  }
}

Status RequestHead::fault() const {
  if (too_large()) {
    return {Code::kResourceExhausted, "grpc: header list larger than max (" + std::to_string(bytes_) +
                                          " vs. " + std::to_string(bytes_max_) + ")"};
  }
  if (!fault_.empty()) return {Code::kInternal, fault_};
  return {};
}

}  // namespace kv::rpc
