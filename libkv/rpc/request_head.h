// The header block of a request, taken apart.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "libkv/rpc/metadata.h"
#include "libkv/rpc/status.h"

namespace kv::rpc {

/// Filled header by header. Blocks do not interleave, so one per connection serves all its requests.
class RequestHead {
 public:
  void reset();
  void add(std::string_view name, std::string_view value);

  /// Not a request by HTTP/2's rules (RFC 9113 section 8): the stream is reset. nghttp2 does not check them.
  [[nodiscard]] bool malformed() const { return malformed_ || pseudo_seen_ != kPseudoAll; }
  /// The first fault of the block, for gRPC; OK when there is none.
  [[nodiscard]] Status fault() const;
  [[nodiscard]] bool is_grpc() const { return is_grpc_; }
  [[nodiscard]] bool is_post() const { return is_post_; }
  [[nodiscard]] bool too_large() const { return bytes_ > bytes_max_; }

  [[nodiscard]] std::string_view path() const { return path_; }
  [[nodiscard]] std::string_view method() const { return is_post_ ? "POST" : std::string_view(method_); }
  /// Kept for what is not gRPC.
  [[nodiscard]] std::string_view content_type() const { return content_type_; }
  [[nodiscard]] std::string_view encoding() const { return encoding_; }
  [[nodiscard]] std::optional<std::chrono::nanoseconds> timeout() const { return timeout_; }
  Metadata& metadata() { return metadata_; }

 private:
  enum Pseudo : unsigned { kMethod = 1, kScheme = 2, kPath = 4, kPseudoAll = 7 };

  void add_pseudo(std::string_view name, std::string_view value);
  void see(Pseudo pseudo);
  void add_metadata(std::string_view name, std::string_view value);
  bool add_reserved(std::string_view name, std::string_view value);
  void add_binary(std::string_view name, std::string_view value);

  std::string path_;
  std::string method_;
  std::string content_type_;
  std::string encoding_;
  std::optional<std::chrono::nanoseconds> timeout_;
  Metadata metadata_;
  std::string fault_;
  std::size_t bytes_ = 0;
  std::size_t bytes_max_ = 0;
  unsigned pseudo_seen_ = 0;  // set of Pseudo, without kAuthority
  bool authority_seen_ = false;
  bool regular_seen_ = false;
  bool is_grpc_ = false;
  bool is_post_ = false;
  bool malformed_ = false;
};

}  // namespace kv::rpc
