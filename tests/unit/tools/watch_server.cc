#include "tests/unit/tools/watch_server.h"

#include <algorithm>
#include <utility>

namespace tools::kvctl {

class ScriptedStream final : public kv::rpc::StreamHandler {
 public:
  ScriptedStream(WatchServer& server, kv::rpc::CallPtr call) : server_(server), call_(std::move(call)) {}

  void on_message(std::string_view bytes) override {
    etcdserverpb::WatchRequest request;
    if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
    const auto& metadata = call_->metadata();
    const bool needs_leader = std::ranges::any_of(
        metadata, [](const auto& entry) { return entry.first == "hasleader" && entry.second == "true"; });
    auto script = server_.take({request.create_request(), needs_leader});
    if (!script) return call_->finish({kv::rpc::Code::kUnimplemented, "no more scripts"});
    for (const auto& response : script->responses) call_->send(response.SerializeAsString());
    if (script->end) call_->finish(*script->end);
  }
  void on_half_close() override {}
  void on_done() override {}

 private:
  WatchServer& server_;
  const kv::rpc::CallPtr call_;
};

WatchServer::WatchServer(std::vector<StreamScript> scripts)
    : scripts_(std::move(scripts)), server_(kv::rpc::Server::create({.io_threads = 1}, {}, {})) {
  server_->add_stream("/etcdserverpb.Watch/Watch", [this](const kv::rpc::CallPtr& call) {
    return std::make_unique<ScriptedStream>(*this, call);
  });
  port_ = server_->listen("127.0.0.1", 0, std::nullopt).value();
  server_->start();
}

std::optional<StreamScript> WatchServer::take(AskedWatch asked) {
  const std::lock_guard lock(mutex_);
  asked_.push_back(std::move(asked));
  if (scripts_.empty()) return std::nullopt;
  StreamScript script = std::move(scripts_.front());
  scripts_.erase(scripts_.begin());
  return script;
}

std::vector<AskedWatch> WatchServer::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

etcdserverpb::WatchResponse created_at(std::int64_t revision) {
  etcdserverpb::WatchResponse response;
  response.mutable_header()->set_cluster_id(1);
  response.mutable_header()->set_revision(revision);
  response.set_created(true);
  return response;
}

etcdserverpb::WatchResponse puts_at(const std::vector<std::int64_t>& revisions) {
  etcdserverpb::WatchResponse response = progress_at(revisions.back());
  for (const std::int64_t revision : revisions) {
    auto& kv = *response.add_events()->mutable_kv();
    kv.set_key("k");
    kv.set_value(std::to_string(revision));
    kv.set_create_revision(revisions.front());
    kv.set_mod_revision(revision);
  }
  return response;
}

etcdserverpb::WatchResponse progress_at(std::int64_t revision) {
  etcdserverpb::WatchResponse response = created_at(revision);
  response.clear_created();
  return response;
}

etcdserverpb::WatchResponse compacted_at(std::int64_t revision) {
  etcdserverpb::WatchResponse response;
  response.set_canceled(true);
  response.set_compact_revision(revision);
  return response;
}

}  // namespace tools::kvctl
