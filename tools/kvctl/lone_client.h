// A client that knows one endpoint only, on connections of its own.
#pragma once

#include <memory>

#include "tools/kvctl/client.h"
#include "tools/kvctl/dialer.h"

namespace tools::kvctl {

/// For what must be asked of this endpoint and no other. Thread: as Client.
class LoneClient {
 public:
  /// With the settings and the token of `like`, but for the endpoints.
  LoneClient(const Client& like, const Endpoint& endpoint)
      : dialer_(make_dialer(like.settings())), client_(like, with(like.settings(), endpoint), *dialer_) {}

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
