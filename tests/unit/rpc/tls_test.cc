#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "tests/unit/rpc/support.h"

namespace kv::rpc::test {
namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using CertPtr = std::unique_ptr<X509, Freer<X509_free>>;
using FilePtr = std::unique_ptr<std::FILE, Freer<std::fclose>>;

/// A directory with ca.pem, server.pem/.key (for 127.0.0.1), client.pem/.key and stranger.pem/.key (signed by
/// itself), removed at the end.
class Certificates {
 public:
  Certificates() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kv-rpc-tls-XXXXXX").string();
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
    ca_key_ = new_key();
    ca_ = make("ca", ca_key_.get(), nullptr, "CA:TRUE", "");
    write("ca", *ca_, *ca_key_);
    for (const char* name : {"server", "client"}) {
      const KeyPtr key = new_key();
      write(name, *make(name, key.get(), ca_.get(), "CA:FALSE", "IP:127.0.0.1"), *key);
    }
    const KeyPtr key = new_key();
    write("stranger", *make("stranger", key.get(), nullptr, "CA:FALSE", ""), *key);
  }
  ~Certificates() { std::filesystem::remove_all(dir_); }

  [[nodiscard]] std::string file(const std::string& name) const { return (dir_ / name).string(); }

 private:
  static KeyPtr new_key() { return KeyPtr(EVP_EC_gen("P-256")); }

  static void extend(X509* cert, int kind, const std::string& value) {
    if (value.empty()) return;
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
  }

  CertPtr make(const std::string& name, EVP_PKEY* key, X509* issuer, const char* constraint,
               const std::string& address) {
    constexpr long kDaySeconds = 86400;
    CertPtr cert(X509_new());
    X509_set_version(cert.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(cert.get()), -kDaySeconds);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), kDaySeconds);
    X509_set_pubkey(cert.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(cert.get(), X509_get_subject_name(issuer != nullptr ? issuer : cert.get()));
    extend(cert.get(), NID_basic_constraints, constraint);
    extend(cert.get(), NID_subject_alt_name, address);
    X509_sign(cert.get(), issuer != nullptr ? ca_key_.get() : key, EVP_sha256());
    return cert;
  }

  void write(const std::string& name, X509& cert, EVP_PKEY& key) const {
    PEM_write_X509(FilePtr(std::fopen(file(name + ".pem").c_str(), "w")).get(), &cert);
    PEM_write_PrivateKey(FilePtr(std::fopen(file(name + ".key").c_str(), "w")).get(), &key, nullptr, nullptr,
                         0, nullptr, nullptr);
  }

  std::filesystem::path dir_;
  KeyPtr ca_key_;
  CertPtr ca_;
  long serial_ = 0;
};

class Tls : public testing::Test {
 protected:
  [[nodiscard]] TlsOptions server_options(bool client_cert_auth) const {
    TlsOptions options{.cert_file = files.file("server.pem"),
                       .key_file = files.file("server.key"),
                       .trusted_ca_file = "",
                       .client_cert_auth = client_cert_auth};
    if (client_cert_auth) options.trusted_ca_file = files.file("ca.pem");
    return options;
  }
  [[nodiscard]] ClientTlsOptions client_options(const std::string& name = "") const {
    ClientTlsOptions options{.trusted_ca_file = files.file("ca.pem"), .cert_file = "", .key_file = ""};
    if (!name.empty()) {
      options.cert_file = files.file(name + ".pem");
      options.key_file = files.file(name + ".key");
    }
    return options;
  }
  /// Why a connection does not come about, or "".
  static std::string fault(std::uint16_t port, std::optional<ClientTlsOptions> tls) {
    auto loop = ClientLoop::create();
    const auto channel = Channel::connect(*loop, {.host = "127.0.0.1", .port = port, .tls = std::move(tls)});
    if (!channel) return channel.error().text();
    // With TLS 1.3 the client learns only afterwards that its certificate was refused.
    const auto result = (*channel)->call("/test.Echo/Unary", "x", {.timeout = kPatience, .metadata = {}});
    return result.status.message;
  }

  Certificates files;
};

TEST_F(Tls, CarriesCallsOverAlpnH2) {
  TestServer server({.io_threads = 2, .receive_message_bytes_max = 64 << 20}, server_options(false));
  TestClient client(server.port, client_options());
  EXPECT_EQ(client.call("Unary", "secret").response, "secret");
  EXPECT_EQ(client.call("Elsewhere", "from afar").response, "from afar");
  const std::string large(3 << 20, 'l');
  EXPECT_TRUE(client.call("Unary", large).response == large);
}

TEST_F(Tls, RefusesAServerThatTheClientDoesNotTrust) {
  TestServer server({.io_threads = 1}, server_options(false));
  EXPECT_NE(
      fault(server.port,
            ClientTlsOptions{.trusted_ca_file = files.file("stranger.pem"), .cert_file = "", .key_file = ""}),
      "");
  ClientTlsOptions blind{.trusted_ca_file = "", .cert_file = "", .key_file = "", .skip_verify = true};
  EXPECT_EQ(fault(server.port, blind), "");
}

TEST_F(Tls, AsksClientsForACertificate) {
  TestServer server({.io_threads = 1}, server_options(true));
  EXPECT_EQ(fault(server.port, client_options("client")), "");
  EXPECT_NE(fault(server.port, client_options()), "");
  EXPECT_NE(fault(server.port, client_options("stranger")), "");
  TestClient client(server.port, client_options("client"));
  EXPECT_EQ(client.call("Unary", "next").response, "next");
}

TEST_F(Tls, TellsTheNameInAVerifiedCertificate) {
  TestServer server({.io_threads = 1}, server_options(true));
  TestClient client(server.port, client_options("client"));
  EXPECT_EQ(client.call("Name", "").response, "client");
}

TEST_F(Tls, TellsNoNameWhereNoCertificateWasAskedFor) {
  TestServer server({.io_threads = 1}, server_options(false));
  EXPECT_EQ(TestClient(server.port, client_options("client")).call("Name", "").response, "");
  EXPECT_EQ(TestClient(server.port, client_options()).call("Name", "").response, "");
  TestServer plain({.io_threads = 1});
  EXPECT_EQ(TestClient(plain.port).call("Name", "").response, "");
}

TEST_F(Tls, RefusesPlainTextAndViceVersa) {
  TestServer secure({.io_threads = 1}, server_options(false));
  EXPECT_NE(fault(secure.port, std::nullopt), "");
  TestServer plain({.io_threads = 1});
  EXPECT_NE(fault(plain.port, client_options()), "");
}

TEST_F(Tls, NamesTheFileThatCannotBeUsed) {
  auto server = Server::create({.io_threads = 1}, {}, {});
  const auto bound = server->listen(
      "127.0.0.1", 0, TlsOptions{.cert_file = "/nonexistent.pem", .key_file = "", .trusted_ca_file = ""});
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().code, raft::ErrorCode::kInvalidArgument);
  EXPECT_EQ(bound.error().where, "/nonexistent.pem");
}

}  // namespace
}  // namespace kv::rpc::test
