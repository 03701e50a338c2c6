// What each endpoint says of itself, and how that is printed.
#pragma once

#include <chrono>
#include <ostream>
#include <string>
#include <vector>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/common/outcome.h"
#include "tools/kvctl/output.h"

namespace tools::kvctl {

struct EndpointStatus {
  std::string endpoint;
  etcdserverpb::StatusResponse status;
};

struct EndpointHealth {
  std::string endpoint;
  bool healthy = false;
  std::chrono::nanoseconds took{};
  std::string error;
};

struct EndpointHash {
  std::string endpoint;
  etcdserverpb::HashKVResponse hash;
};

Outcome<void> print(std::ostream& out, const Style& style, const std::vector<EndpointStatus>& endpoints);
Outcome<void> print(std::ostream& out, const Style& style, const std::vector<EndpointHash>& endpoints);

/// In the simple format the unhealthy ones go to `err`, as with etcdctl.
Outcome<void> print(std::ostream& out, std::ostream& err, const Style& style,
                    const std::vector<EndpointHealth>& endpoints);

}  // namespace tools::kvctl
