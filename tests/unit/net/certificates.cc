#include "tests/unit/net/certificates.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>

namespace raft {
namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;
using File = std::unique_ptr<std::FILE, Freer<std::fclose>>;

struct Identity {
  Key key;
  Certificate certificate;
};

void extend(X509& certificate, int kind, const std::string& value) {
  const Extension extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
  EXPECT_EQ(X509_add_ext(&certificate, extension.get(), -1), 1);
}

struct Wanted {
  std::string name;
  std::string constraint;
  std::string hosts;
};

/// Signed by `issuer`, or by itself when there is none.
Identity make(const Wanted& wanted, const Identity* issuer) {
  static long serial = 0;
  constexpr long kDaySeconds = 86400;
  Identity made{Key(EVP_EC_gen("P-256")), Certificate(X509_new())};
  X509* const certificate = made.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -kDaySeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate), kDaySeconds);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(wanted.name.c_str()), -1, -1, 0);
  const Identity& signer = issuer != nullptr ? *issuer : made;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer.certificate.get()));
  extend(*certificate, NID_basic_constraints, wanted.constraint);
  if (!wanted.hosts.empty()) extend(*certificate, NID_subject_alt_name, wanted.hosts);
  EXPECT_NE(X509_sign(certificate, signer.key.get(), EVP_sha256()), 0);
  return made;
}

void write(const std::filesystem::path& base, const Identity& identity) {
  const File certificate(std::fopen((base.string() + ".pem").c_str(), "w"));
  const File key(std::fopen((base.string() + ".key").c_str(), "w"));
  EXPECT_EQ(PEM_write_X509(certificate.get(), identity.certificate.get()), 1);
  EXPECT_EQ(PEM_write_PrivateKey(key.get(), identity.key.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
}

}  // namespace

Certificates::Certificates() {
  std::string pattern = (std::filesystem::temp_directory_path() / "raft-net-tls-XXXXXX").string();
  EXPECT_NE(mkdtemp(pattern.data()), nullptr);
  directory_ = pattern;
  const Identity ca = make({"ca", "CA:TRUE", ""}, nullptr);
  write(directory_ / "ca", ca);
  write(directory_ / "member", make({"member", "CA:FALSE", "IP:127.0.0.1,DNS:localhost"}, &ca));
  write(directory_ / "elsewhere", make({"elsewhere", "CA:FALSE", "DNS:elsewhere.example"}, &ca));
  write(directory_ / "stranger", make({"stranger", "CA:FALSE", "IP:127.0.0.1"}, nullptr));
}

Certificates::~Certificates() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

}  // namespace raft
