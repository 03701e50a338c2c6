// A client that knows one endpoint only, on connections of its own.
#pragma once

#include <memory>

#include "tools/kvctl/client.h"
#include "tools/kvctl/dialer.h"

namespace tools::kvctl {

/// For what must be asked of this endpoint and no other. Thread: as Client.
class LoneClient {
 public:
  /// `settings`: as the command's, but for the endpoints.
  LoneClient(const Settings& settings, const Endpoint& endpoint)
      : dialer_(make_dialer(settings)), client_(with(settings, endpoint), *dialer_, nullptr) {}

  Client& operator*() { return client_; }
  Client* operator->() { return &client_; }

 private:
  static Settings with(Settings settings, const Endpoint& endpoint) {
    settings.endpoints = {endpoint};
    return settings;
  }

  std::unique_ptr<Dialer> dialer_;
  Client client_;
};

}  // namespace tools::kvctl
