// What the rpc server's observer counts: calls by method and code, how long they took, and bytes.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libkv/api/latency.h"
#include "libkv/rpc/server.h"

namespace kv::api {

/// One method's numbers. Written by every I/O thread, read by the page.
struct MethodCounters {
  MethodCounters(std::string method_path, std::string_view call_type);

  static constexpr std::size_t kCodes = 17;

  const std::string path;       ///< "/package.Service/Method"
  const std::string_view type;  ///< as gRPC's metrics name it: "unary", "bidi_stream", "server_stream"
  std::atomic<std::uint64_t> started = 0;
  std::array<std::atomic<std::uint64_t>, kCodes> handled{};  ///< by code
  Latency took{Latency::go_default()};

  [[nodiscard]] std::string service() const;
  [[nodiscard]] std::string method() const;
};

/// Knows every method of this API from the start, so that its series begin with 0 and counting takes no lock.
/// Thread: any.
class CallCounters {
 public:
  CallCounters();

  /// Counts here, which must outlive the server that it is given to.
  rpc::ServerObserver observer();

  /// One of each method, in the API's order, and a last one for paths that are not in this API.
  [[nodiscard]] const std::vector<std::unique_ptr<MethodCounters>>& methods() const { return methods_; }
  [[nodiscard]] std::uint64_t bytes_received() const {
    return bytes_received_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t bytes_sent() const { return bytes_sent_.load(std::memory_order_relaxed); }

 private:
  MethodCounters& of(std::string_view path);

  // Constant after construction.
  std::vector<std::unique_ptr<MethodCounters>> methods_;
  std::unordered_map<std::string_view, MethodCounters*> by_path_;
  // Of any thread.
  std::atomic<std::uint64_t> bytes_received_ = 0;
  std::atomic<std::uint64_t> bytes_sent_ = 0;
};

}  // namespace kv::api
