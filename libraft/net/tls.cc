#include "libraft/net/tls.h"

#include <boost/asio/ssl/verify_mode.hpp>
#include <string>

namespace raft {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

Result<void> use(const error_code& error, const std::string& file) {
  if (error) return fail(ErrorCode::kInvalidArgument, file, error.message());
  return {};
}

Result<void> load(ssl::context& context, const PeerTlsOptions& options) {
  SSL_CTX* native = context.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Connections last for days: nothing is ever resumed.
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  error_code error;
  context.use_certificate_chain_file(options.cert_file, error);
  RETURN_IF_ERROR(use(error, options.cert_file));
  context.use_private_key_file(options.key_file, ssl::context::pem, error);
  RETURN_IF_ERROR(use(error, options.key_file));
  if (options.trusted_ca_file.empty()) {
    context.set_default_verify_paths(error);
    return use(error, "the system's authorities");
  }
  context.load_verify_file(options.trusted_ca_file, error);
  return use(error, options.trusted_ca_file);
}

}  // namespace

Result<std::unique_ptr<PeerTls>> make_peer_tls(const PeerTlsOptions& options) {
  if (options.client_cert_auth && options.trusted_ca_file.empty()) {
    return fail(ErrorCode::kInvalidArgument, "trusted_ca_file", "client_cert_auth needs one");
  }
  auto tls = std::make_unique<PeerTls>(ssl::context(ssl::context::tls_client),
                                       ssl::context(ssl::context::tls_server));
  RETURN_IF_ERROR(load(tls->dialling, options));
  RETURN_IF_ERROR(load(tls->accepting, options));
  error_code error;
  tls->dialling.set_verify_mode(ssl::verify_peer, error);
  RETURN_IF_ERROR(use(error, "verification"));
  if (options.client_cert_auth) {
    tls->accepting.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, error);
    RETURN_IF_ERROR(use(error, "verification"));
  }
  return tls;
}

}  // namespace raft
