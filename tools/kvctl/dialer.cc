#include "tools/kvctl/dialer.h"

#include <mutex>

namespace tools::kvctl {
namespace {

class NetworkDialer final : public Dialer {
 public:
  explicit NetworkDialer(const Settings& settings) : settings_(settings) {}

  raft::Result<std::shared_ptr<kv::rpc::Channel>> dial(const Endpoint& endpoint,
                                                       std::chrono::milliseconds timeout) override {
    std::call_once(started_, [this] { loop_ = kv::rpc::ClientLoop::create(); });
    return kv::rpc::Channel::connect(*loop_, channel_options(settings_, endpoint, timeout));
  }

 private:
  const Settings settings_;
  std::once_flag started_;
  std::unique_ptr<kv::rpc::ClientLoop> loop_;
};

}  // namespace

kv::rpc::ChannelOptions channel_options(const Settings& settings, const Endpoint& endpoint,
                                        std::chrono::milliseconds timeout) {
  kv::rpc::ChannelOptions options{.host = endpoint.host, .port = endpoint.port, .connect_timeout = timeout};
  if (endpoint.tls.value_or(settings.tls.any())) {
    options.tls = kv::rpc::ClientTlsOptions{.trusted_ca_file = settings.tls.cacert,
                                            .cert_file = settings.tls.cert,
                                            .key_file = settings.tls.key,
                                            .skip_verify = settings.tls.skip_verify};
  }
  return options;
}

std::unique_ptr<Dialer> make_dialer(const Settings& settings) {
  return std::make_unique<NetworkDialer>(settings);
}

}  // namespace tools::kvctl
