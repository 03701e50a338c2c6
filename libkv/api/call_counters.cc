#include "libkv/api/call_counters.h"

#include <utility>

namespace kv::api {
namespace {

struct Known {
  std::string_view path;
  std::string_view type;
};

/// What register_* of context.h register.
constexpr auto kMethods = std::to_array<Known>({
    {"/etcdserverpb.KV/Range", "unary"},
    {"/etcdserverpb.KV/Put", "unary"},
    {"/etcdserverpb.KV/DeleteRange", "unary"},
    {"/etcdserverpb.KV/Txn", "unary"},
    {"/etcdserverpb.KV/Compact", "unary"},
    {"/etcdserverpb.Cluster/MemberList", "unary"},
    {"/etcdserverpb.Maintenance/Alarm", "unary"},
    {"/etcdserverpb.Maintenance/Status", "unary"},
    {"/grpc.health.v1.Health/Check", "unary"},
    {"/grpc.health.v1.Health/Watch", "server_stream"},
});
constexpr Known kOther{"/unknown/unknown", "unary"};

void count(std::atomic<std::uint64_t>& counter, std::uint64_t more) {
  counter.fetch_add(more, std::memory_order_relaxed);
}

}  // namespace

MethodCounters::MethodCounters(std::string method_path, std::string_view call_type)
    : path(std::move(method_path)), type(call_type) {}

std::string MethodCounters::service() const {
  return path.substr(1, path.rfind('/') - 1);
}

std::string MethodCounters::method() const {
  return path.substr(path.rfind('/') + 1);
}

CallCounters::CallCounters() {
  for (const Known& known : kMethods) {
    methods_.push_back(std::make_unique<MethodCounters>(std::string(known.path), known.type));
    by_path_.emplace(methods_.back()->path, methods_.back().get());
  }
  methods_.push_back(std::make_unique<MethodCounters>(std::string(kOther.path), kOther.type));
}

MethodCounters& CallCounters::of(std::string_view path) {
  const auto known = by_path_.find(path);
  return known == by_path_.end() ? *methods_.back() : *known->second;
}

rpc::ServerObserver CallCounters::observer() {
  return {.started = [this](std::string_view path) { count(of(path).started, 1); },
          .handled =
              [this](std::string_view path, rpc::Code code, std::chrono::nanoseconds took) {
                MethodCounters& method = of(path);
                count(method.handled.at(static_cast<std::size_t>(code)), 1);
                method.took.observe(took);
              },
          .bytes =
              [this](std::size_t received, std::size_t sent) {
                count(bytes_received_, received);
                count(bytes_sent_, sent);
              }};
}

}  // namespace kv::api
