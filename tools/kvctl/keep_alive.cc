#include "tools/kvctl/keep_alive.h"

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <optional>

#include "tools/kvctl/requests.h"
#include "tools/kvctl/verdict.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::LeaseKeepAliveResponse;

/// The first answer of one stream, or how it ended without. Shared with the callbacks, which may come late.
struct FirstAnswer {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<std::string> answer;
  std::optional<kv::rpc::Status> status;
};

}  // namespace

Outcome<LeaseKeepAliveResponse> LeaseRenewer::ask(std::int64_t lease, std::chrono::milliseconds timeout) {
  const Settings& settings = client_.settings();
  const Endpoint& endpoint = settings.endpoints[endpoint_ % settings.endpoints.size()];
  if (!channel_ || !channel_->connected()) {
    auto channel = dialer_.dial(endpoint, std::min(timeout, settings.dial_timeout));
    if (!channel)
      return refuse(kExitUnavailable, endpoint.text + ": could not connect: " + channel.error().what);
    channel_ = std::move(*channel);
  }
  kv::rpc::CallOptions options;
  options.timeout = timeout;
  TRY_ASSIGN(const std::string token, client_.token(timeout));
  if (!token.empty()) options.metadata.emplace_back("token", token);
  const auto got = std::make_shared<FirstAnswer>();  // shared: see there
  const auto stream = channel_->stream("/etcdserverpb.Lease/LeaseKeepAlive", std::move(options),
                                       {.on_message =
                                            [got](std::string bytes) {
                                              const std::lock_guard lock(got->mutex);
                                              if (!got->answer) got->answer = std::move(bytes);
                                              got->changed.notify_one();
                                            },
                                        .on_done =
                                            [got](kv::rpc::Status status) {
                                              const std::lock_guard lock(got->mutex);
                                              got->status = std::move(status);
                                              got->changed.notify_one();
                                            }});
  etcdserverpb::LeaseKeepAliveRequest request;
  request.set_id(lease);
  stream->send(request.SerializeAsString());
  stream->half_close();
  std::unique_lock lock(got->mutex);
  got->changed.wait(lock, [&] { return got->answer || got->status; });
  if (!got->answer) {
    token_refused_ = !settings.user.empty() && is_refused_token(got->status->message, token);
    if (token_refused_) client_.forget_token(token);
    const auto verdict = judge(*got->status, true, Access::kRead);
    return refuse(verdict.exit, endpoint.text + ": " + got->status->message);
  }
  LeaseKeepAliveResponse response;
  if (!response.ParseFromString(*got->answer)) {
    return refuse(kExitProtocol, "the answer is not of the etcd API");
  }
  return response;
}

Outcome<LeaseKeepAliveResponse> LeaseRenewer::renew(std::int64_t lease, std::chrono::milliseconds timeout) {
  const std::size_t count = client_.settings().endpoints.size();
  const auto share = std::max(timeout / static_cast<std::int64_t>(count), std::chrono::milliseconds(100));
  Outcome<LeaseKeepAliveResponse> outcome = refuse(kExitUnavailable, "no endpoint");
  for (std::size_t i = 0; i < count; ++i) {
    token_refused_ = false;
    outcome = ask(lease, share);
    if (!outcome && token_refused_) outcome = ask(lease, share);
    if (outcome) return outcome;
    channel_.reset();
    ++endpoint_;
  }
  return outcome;
}

std::string lease_text(std::int64_t lease) {
  char text[17];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(lease));
  return text;
}

Outcome<std::int64_t> parse_lease_id(const std::string& text) {
  const auto lease = parse_lease(text);
  if (!lease) return refuse_usage("bad lease ID \"" + text + "\": it must be hexadecimal");
  return *lease;
}

}  // namespace tools::kvctl
