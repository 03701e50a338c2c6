#include <gtest/gtest.h>

#include "tests/unit/net/certificates.h"
#include "tests/unit/net/member.h"
#include "tests/unit/net/sample_messages.h"

namespace raft {
namespace {

class PeerTlsTest : public ::testing::Test {
 protected:
  PeerTlsOptions tls(const std::string& who, bool client_cert_auth = true) const {
    return {.cert_file = files_.file(who + ".pem"),
            .key_file = files_.file(who + ".key"),
            .trusted_ca_file = files_.file("ca.pem"),
            .client_cert_auth = client_cert_auth};
  }
  static AsioTransportOptions with(std::uint64_t id, std::optional<PeerTlsOptions> tls) {
    AsioTransportOptions options = member_options(id);
    options.tls = std::move(tls);
    return options;
  }

  Certificates files_;
};

TEST_F(PeerTlsTest, CarriesMessagesBothWays) {
  Member a(with(1, tls("member")));
  Member b(with(2, tls("member")));
  a.knows(b);
  ASSERT_TRUE(b.transport->set_peer({a.id(), {{"localhost", a.port()}}}));
  a.start();
  b.start();
  ASSERT_TRUE(a.wait_connected(b.id()));
  ASSERT_TRUE(b.wait_connected(a.id()));
  a.send(b.id(), numbered(0, 1000));
  b.send(a.id(), usual_messages());
  ASSERT_TRUE(b.wait_received(a.id(), 1000));
  ASSERT_TRUE(a.wait_received(b.id(), usual_messages().size()));
  EXPECT_TRUE(in_order_from(0, b.received(a.id())));
  EXPECT_EQ(dump(a.received(b.id()).back()), dump(usual_messages().back()));
}

TEST_F(PeerTlsTest, CarriesALargeEntry) {
  Member a(with(1, tls("member")));
  Member b(with(2, tls("member")));
  a.knows(b);
  a.start();
  b.start();
  ASSERT_TRUE(a.wait_connected(b.id()));
  const std::string payload(8U << 20U, 'L');
  a.send(b.id(), ForwardProposals{Term(1), {shared(payload)}});
  ASSERT_TRUE(b.wait_received(a.id(), 1));
  EXPECT_EQ(*std::get<ForwardProposals>(b.received(a.id()).front()).payloads.front(), payload);
}

TEST_F(PeerTlsTest, NoticesThatThePeerWentAway) {
  Member a(with(1, tls("member")));
  Member b(with(2, tls("member")));
  a.knows(b);
  a.start();
  b.start();
  ASSERT_TRUE(a.wait_connected(b.id()));
  b.transport->stop();
  EXPECT_TRUE(a.wait_logged("event=peer-lost peer=2"));
}

TEST_F(PeerTlsTest, APeerWithoutATrustedCertificateIsRefused) {
  Member a(with(1, tls("stranger")));
  Member b(with(2, tls("member")));
  a.knows(b);
  a.start();
  b.start();
  EXPECT_TRUE(b.wait_logged("TLS handshake failed: certificate verify failed"));
  EXPECT_TRUE(a.wait_until([&] { return a.counters(b.id()).connect_failures > 0; }));
  EXPECT_FALSE(a.transport->connected(b.id()));
  EXPECT_EQ(b.counters(a.id()).messages_received, 0U);
}

TEST_F(PeerTlsTest, APeerWithoutATrustedCertificateIsNotDialled) {
  Member a(with(1, tls("member")));
  Member b(with(2, tls("stranger", false)));
  a.knows(b);
  a.start();
  b.start();
  EXPECT_TRUE(a.wait_logged("TLS handshake failed: certificate verify failed"));
  EXPECT_FALSE(a.transport->connected(b.id()));
}

TEST_F(PeerTlsTest, APeerWithTheCertificateOfAnotherHostIsNotDialled) {
  Member a(with(1, tls("member")));
  Member b(with(2, tls("elsewhere")));
  a.knows(b);
  a.start();
  b.start();
  EXPECT_TRUE(a.wait_logged("TLS handshake failed: certificate verify failed"));
}

TEST_F(PeerTlsTest, PlainAndTlsDoNotMix) {
  Member a(with(1, std::nullopt));
  Member b(with(2, tls("member")));
  a.knows(b);
  b.knows(a);
  a.start();
  b.start();
  EXPECT_TRUE(b.wait_logged("event=connection-dropped"));
  EXPECT_TRUE(a.wait_logged("it does not start with the magic of this protocol"));
  EXPECT_TRUE(a.wait_logged("event=peer-unreachable"));
  EXPECT_TRUE(b.wait_logged("event=peer-unreachable"));
}

TEST_F(PeerTlsTest, FilesThatCannotBeUsedAreNamed) {
  for (const std::string_view wrong : {"cert", "key", "ca"}) {
    PeerTlsOptions options = tls("member");
    const std::string missing = files_.file("missing.pem");
    if (wrong == "cert") options.cert_file = missing;
    if (wrong == "key") options.key_file = missing;
    if (wrong == "ca") options.trusted_ca_file = missing;
    const auto made = AsioTransport::create(with(1, options));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(made.error().where, missing);
  }
}

TEST_F(PeerTlsTest, AskingForCertificatesNeedsAnAuthority) {
  PeerTlsOptions options = tls("member");
  options.trusted_ca_file.clear();
  const auto made = AsioTransport::create(with(1, options));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().text(), "trusted_ca_file: client_cert_auth needs one");
}

}  // namespace
}  // namespace raft
