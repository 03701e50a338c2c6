// Keeping a lease alive from the outside: one question at a time, at whatever endpoint answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/common/outcome.h"
#include "tools/kvctl/client.h"
#include "tools/kvctl/dialer.h"

namespace tools::kvctl {

/// Thread: one at a time.
class LeaseRenewer {
 public:
  /// `client` gives the token. Both outlive this.
  LeaseRenewer(Client& client, Dialer& dialer) : client_(client), dialer_(dialer) {}

  /// The answer: its ttl is 0 for a lease that does not exist. Failure: no endpoint answered in `timeout`.
  Outcome<etcdserverpb::LeaseKeepAliveResponse> renew(std::int64_t lease, std::chrono::milliseconds timeout);

 private:
  Outcome<etcdserverpb::LeaseKeepAliveResponse> ask(std::int64_t lease, std::chrono::milliseconds timeout);

  Client& client_;
  Dialer& dialer_;
  std::size_t endpoint_ = 0;
  bool token_refused_ = false;                 // by the last question
  std::shared_ptr<kv::rpc::Channel> channel_;  // shared with its calls
};

/// As etcd writes ids of leases: 16 hexadecimal digits.
std::string lease_text(std::int64_t lease);
/// Failure: kExitUsage, unless `text` is a hexadecimal number.
Outcome<std::int64_t> parse_lease_id(const std::string& text);

}  // namespace tools::kvctl
