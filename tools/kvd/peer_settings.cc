#include "tools/kvd/peer_settings.h"

namespace tools::kvd {

std::optional<raft::PeerTlsOptions> peer_tls_of(const Config& config) {
  if (!config.peer_tls) return std::nullopt;
  return raft::PeerTlsOptions{.cert_file = config.peer_cert_file,
                              .key_file = config.peer_key_file,
                              .trusted_ca_file = config.peer_trusted_ca_file,
                              .client_cert_auth = config.peer_client_cert_auth};
}

raft::Result<raft::PeerAddress> address_of(const kv::MemberInfo& member) {
  raft::PeerAddress address{.id = member.id, .endpoints = {}};
  for (const std::string& text : member.peer_urls) {
    ASSIGN_OR_RETURN(const Url url, parse_url(text));
    address.endpoints.push_back({url.host, url.port});
  }
  return address;
}

}  // namespace tools::kvd
