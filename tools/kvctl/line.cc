#include "tools/kvctl/line.h"

#include <cstdio>

#include "tools/kvctl/requests.h"
#include "tools/kvctl/watcher.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;

// The key is put only if it is not there: made twice, it does what it did once.
constexpr Method kJoin{"/etcdserverpb.KV/Txn", Access::kRead};

RangeRequest oldest_under(const std::string& prefix) {
  RangeRequest request;
  request.set_key(prefix);
  request.set_range_end(prefix_end(prefix));
  request.set_limit(1);
  request.set_sort_target(RangeRequest::CREATE);
  request.set_sort_order(RangeRequest::ASCEND);
  return request;
}

/// Who stands right before `place`: not the first in line, so that one who leaves wakes one.
Outcome<RangeResponse> before(Client& client, const Place& place) {
  RangeRequest request = oldest_under(place.name + "/");
  request.set_sort_order(RangeRequest::DESCEND);
  request.set_max_create_revision(place.revision - 1);
  return client.call<RangeResponse>(kRange, request);
}

/// True when `key`, which was there at `revision`, is deleted or may have been; false: stopped.
Outcome<bool> await_deletion(Client& client, Dialer& dialer, Bell& bell, const std::string& key,
                             std::int64_t revision, SteadyTime deadline, const Condition& stop) {
  WatchOptions options{.range = {.key = key, .range_end = {}}, .revision = revision + 1};
  options.filters = {etcdserverpb::WatchCreateRequest::NOPUT};
  Watcher watcher(client, dialer, bell, nullptr, std::move(options));
  const auto response = watcher.next(deadline, stop);
  if (response) return response->has_value();
  if (response.error().exit == kExitLimit) return true;  // compacted: to be read again
  return refuse(response.error());
}

}  // namespace

Outcome<Place> join_line(Client& client, const std::string& name, std::int64_t lease,
                         const std::string& value) {
  char id[17];
  std::snprintf(id, sizeof(id), "%llx", static_cast<unsigned long long>(lease));
  Place place{.name = name, .key = name + "/" + id};
  TxnRequest request;
  auto& absent = *request.add_compare();
  absent.set_key(place.key);
  absent.set_target(etcdserverpb::Compare::CREATE);
  absent.set_create_revision(0);
  auto& put = *request.add_success()->mutable_request_put();
  put.set_key(place.key);
  put.set_value(value);
  put.set_lease(lease);
  request.add_failure()->mutable_request_range()->set_key(place.key);
  TRY_ASSIGN(const auto response, client.call<TxnResponse>(kJoin, request));
  if (response.succeeded()) {
    place.revision = response.header().revision();
    return place;
  }
  if (response.responses_size() == 0 || response.responses(0).response_range().kvs_size() == 0) {
    return refuse(kExitProtocol, "the answer is not of the etcd API");
  }
  place.revision = response.responses(0).response_range().kvs(0).create_revision();
  return place;
}

Outcome<bool> await_turn(Client& client, Dialer& dialer, Bell& bell, Place& place, SteadyTime deadline,
                         const Condition& stop) {
  for (;;) {
    TRY_ASSIGN(const RangeResponse others, before(client, place));
    if (others.kvs_size() == 0) {
      place.since = others.header().revision();
      return true;
    }
    TRY_ASSIGN(const bool gone, await_deletion(client, dialer, bell, others.kvs(0).key(),
                                               others.header().revision(), deadline, stop));
    if (!gone) return false;
  }
}

Outcome<RangeResponse> read_place(Client& client, const Place& place) {
  RangeRequest request;
  request.set_key(place.key);
  request.set_min_create_revision(place.revision);
  request.set_max_create_revision(place.revision);
  return client.call<RangeResponse>(kRange, request);
}

Outcome<RangeResponse> first_in_line(Client& client, const std::string& name) {
  return client.call<RangeResponse>(kRange, oldest_under(name + "/"));
}

}  // namespace tools::kvctl
