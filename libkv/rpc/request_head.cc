#include "libkv/rpc/request_head.h"

#include "libkv/rpc/base64.h"
#include "libkv/rpc/limits.h"
#include "libkv/rpc/timeout.h"

namespace kv::rpc {
namespace {

constexpr std::size_t kHeaderOverheadBytes = 32;  // RFC 9113 section 6.5.2

}  // namespace

void RequestHead::reset() {
  path_.clear();
  method_.clear();
  content_type_.clear();
  encoding_.clear();
  timeout_.reset();
  metadata_.clear();
  fault_.clear();
  bytes_ = 0;
  bytes_max_ = kHeaderListBytesMax;
}

void RequestHead::add(std::string_view name, std::string_view value) {
  bytes_ += name.size() + value.size() + kHeaderOverheadBytes;
  if (too_large()) return;
  if (name.starts_with(':')) return add_pseudo(name, value);
  if (add_reserved(name, value)) return;
  if (name.ends_with("-bin")) return add_binary(name, value);
  metadata_.emplace_back(name, value);
}

void RequestHead::add_pseudo(std::string_view name, std::string_view value) {
  if (name == ":path") path_ = value;
  if (name == ":method") method_ = value;
}

/// True for the headers that are HTTP's or gRPC's own.
bool RequestHead::add_reserved(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 2:
      return name == "te";
    case 10:
      return name == "user-agent";
    case 12:
      if (name == "content-type") {
        content_type_ = value;
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
    auto decoded = base64_decode(value.substr(0, comma));
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
