#include "libkv/rpc/tls.h"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/verify_mode.hpp>
#include <string>
#include <string_view>

namespace kv::rpc {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;
using raft::ErrorCode;
using raft::Result;

constexpr std::string_view kServerProtocols = "\x02h2\x08http/1.1";  // ALPN's form, in order of preference
constexpr std::string_view kClientProtocols = "\x02h2";

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* name = nullptr;
  const int outcome =
      SSL_select_next_proto(&name, chosen_size, octets(kServerProtocols),
                            static_cast<unsigned>(kServerProtocols.size()), offered, offered_size);
  if (outcome != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *chosen = name;
  return SSL_TLSEXT_ERR_OK;
}

Result<void> use(const error_code& error, const std::string& file) {
  if (error) return raft::fail(ErrorCode::kInvalidArgument, file, error.message());
  return {};
}

std::shared_ptr<ssl::context> new_context(ssl::context::method method) {
  auto context = std::make_shared<ssl::context>(method);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  // Renegotiation is work a client can ask for at will, and HTTP/2 forbids it.
  SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  return context;
}

Result<void> use_certificate(ssl::context& context, const std::string& cert_file,
                             const std::string& key_file) {
  error_code error;
  context.use_certificate_chain_file(cert_file, error);
  RETURN_IF_ERROR(use(error, cert_file));
  context.use_private_key_file(key_file, ssl::context::pem, error);
  return use(error, key_file);
}

Result<void> trust(ssl::context& context, const std::string& ca_file) {
  error_code error;
  context.load_verify_file(ca_file, error);
  return use(error, ca_file);
}

}  // namespace

Result<std::shared_ptr<ssl::context>> make_server_tls(const TlsOptions& options) {
  auto context = new_context(ssl::context::tls_server);
  SSL_CTX_set_alpn_select_cb(context->native_handle(), choose_protocol, nullptr);
  RETURN_IF_ERROR(use_certificate(*context, options.cert_file, options.key_file));
  if (options.client_cert_auth && options.trusted_ca_file.empty()) {
    return raft::fail(ErrorCode::kInvalidArgument, "trusted_ca_file", "client_cert_auth needs one");
  }
  if (options.trusted_ca_file.empty()) return context;
  RETURN_IF_ERROR(trust(*context, options.trusted_ca_file));
  const ssl::verify_mode required = options.client_cert_auth ? ssl::verify_fail_if_no_peer_cert : 0;
  error_code error;
  context->set_verify_mode(ssl::verify_peer | required, error);
  static constexpr std::string_view kSessionContext = "kv-rpc";
  SSL_CTX_set_session_id_context(context->native_handle(), octets(kSessionContext), kSessionContext.size());
  return context;
}

Result<std::shared_ptr<ssl::context>> make_client_tls(const ClientTlsOptions& options) {
  auto context = new_context(ssl::context::tls_client);
  SSL_CTX_set_alpn_protos(context->native_handle(), octets(kClientProtocols),
                          static_cast<unsigned>(kClientProtocols.size()));
  if (!options.cert_file.empty()) {
    RETURN_IF_ERROR(use_certificate(*context, options.cert_file, options.key_file));
  }
  error_code error;
  if (options.trusted_ca_file.empty()) {
    context->set_default_verify_paths(error);
  } else {
    RETURN_IF_ERROR(trust(*context, options.trusted_ca_file));
  }
  context->set_verify_mode(options.skip_verify ? ssl::verify_none : ssl::verify_peer, error);
  return context;
}

}  // namespace kv::rpc
