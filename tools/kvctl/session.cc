#include "tools/kvctl/session.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/common/units.h"

namespace tools::kvctl {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

// A grant or a revocation that is made twice does no harm: both may be tried again whatever came of the
// first.
constexpr Method kGrantSession{"/etcdserverpb.Lease/LeaseGrant", Access::kRead};
constexpr Method kEndSession{"/etcdserverpb.Lease/LeaseRevoke", Access::kRead};
constexpr milliseconds kMarginMax{5000};
/// Between attempts that failed.
constexpr milliseconds kRenewPause{200};
constexpr milliseconds kRenewMin{100};

}  // namespace

Outcome<seconds> read_ttl(const std::string& text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc() && end == text.data() + text.size() && count > 0 && count <= 9000000000) {
    return seconds(count);
  }
  const auto duration = parse_duration(text);
  if (!duration || *duration < seconds(1)) {
    return refuse_usage("--ttl \"" + text +
                        "\": not a number of seconds and no time like 1m30s of at least 1s");
  }
  return std::chrono::ceil<seconds>(*duration);
}

Outcome<std::unique_ptr<Session>> Session::open(Client& client, Dialer& dialer, Bell& bell, seconds ttl) {
  etcdserverpb::LeaseGrantRequest request;
  request.set_ttl(ttl.count());
  const SteadyTime sent = Clock::now();
  TRY_ASSIGN(const auto response, client.call<etcdserverpb::LeaseGrantResponse>(kGrantSession, request));
  return std::make_unique<Session>(client, dialer, bell,
                                   Granted{response.id(), seconds(response.ttl()), sent});
}

Session::Session(Client& client, Dialer& dialer, Bell& bell, Granted granted)
    : client_(client),
      dialer_(dialer),
      bell_(bell),
      lease_(granted.lease),
      ttl_(granted.ttl),
      keeper_([this, asked = granted.asked] { keep(asked); }) {}

Session::~Session() {
  stop();
}

void Session::stop() {
  {
    const std::lock_guard lock(bell_.mutex);
    closing_ = true;
    bell_.changed.notify_all();
  }
  if (keeper_.joinable()) keeper_.join();
}

milliseconds Session::margin() const {
  return std::min(ttl_ / 4, kMarginMax);
}

void Session::keep(SteadyTime renewed) {
  LeaseRenewer renewer(client_, dialer_);
  SteadyTime next = renewed + ttl_ / 3;
  std::string story = "no answer";
  std::unique_lock lock(bell_.mutex);
  while (!wait_for(bell_, lock, next, [this] { return closing_; })) {
    const SteadyTime give_up = renewed + ttl_ - margin();
    const SteadyTime now = Clock::now();
    if (now >= give_up) {
      why_lost_ = "the lease could not be renewed in time: " + story;
      break;
    }
    const auto left = std::chrono::ceil<milliseconds>(give_up - now);
    lock.unlock();
    auto response = renewer.renew(lease_, std::max(kRenewMin, std::min(left, ttl_ / 3)));
    lock.lock();
    if (!response) {
      story = response.error().text;
      next = std::min(give_up, Clock::now() + kRenewPause);
    } else if (response->ttl() <= 0) {
      why_lost_ = "the lease has expired or was revoked";
      break;
    } else {
      renewed = now;
      next = now + ttl_ / 3;
    }
  }
  bell_.changed.notify_all();
}

Outcome<void> Session::revoke() {
  stop();
  etcdserverpb::LeaseRevokeRequest request;
  request.set_id(lease_);
  const auto response = client_.call<etcdserverpb::LeaseRevokeResponse>(kEndSession, request);
  if (response || response.error().text == "etcdserver: requested lease not found") return {};
  return refuse(response.error());
}

}  // namespace tools::kvctl
