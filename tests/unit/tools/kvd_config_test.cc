#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "tools/common/identity.h"
#include "tools/kvd/config.h"
#include "tools/kvd/flags.h"

namespace tools::kvd {
namespace {

using raft::ErrorCode;

Checked checked(std::vector<std::string> arguments) {
  auto settings = parse_arguments(arguments);
  EXPECT_TRUE(settings) << settings.error().text();
  return settings ? check(*settings) : Checked{};
}

bool mentions(const std::vector<std::string>& lines, std::string_view words) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(words) != std::string::npos; });
}

TEST(Settings, AcceptsEveryWayToWriteAnOption) {
  const std::vector<std::string> arguments{"--name", "a", "-data-dir=/d", "--pre-vote=false",
                                           "--client-cert-auth"};
  const auto settings = parse_arguments(arguments);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->at("name").value, "a");
  EXPECT_EQ(settings->at("data-dir").value, "/d");
  EXPECT_EQ(settings->at("pre-vote").value, "false");
  EXPECT_EQ(settings->at("client-cert-auth").value, "true");
}

TEST(Settings, NamesTheOptionItDoesNotKnow) {
  const std::vector<std::string> arguments{"--nmae", "a"};
  const auto settings = parse_arguments(arguments);
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().where, "--nmae");
}

TEST(Settings, RefusesAWordThatIsNoOptionAndAnOptionWithoutItsValue) {
  EXPECT_FALSE(parse_arguments(std::vector<std::string>{"serve"}));
  EXPECT_FALSE(parse_arguments(std::vector<std::string>{"--name"}));
}

// Their kind is not known: what follows one is its value unless it is an option.
TEST(Settings, ExperimentalOptionsDoNotSwallowTheNextOne) {
  const std::vector<std::string> arguments{
      "--experimental-initial-corrupt-check", "--name", "a",
      "--experimental-corrupt-check-time",    "5m",     "--experimental-last"};
  const auto settings = parse_arguments(arguments);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->at("name").value, "a");
  EXPECT_EQ(settings->at("experimental-initial-corrupt-check").value, "true");
  EXPECT_EQ(settings->at("experimental-corrupt-check-time").value, "5m");
  EXPECT_EQ(settings->at("experimental-last").value, "true");
}

TEST(Settings, VariablesThatAreNoOptionsAreFound) {
  const std::vector<std::string> environment{
      "KVD_NAME=a", "KVD_NMAE=a",          "ETCD_DATA_DIR=/d",     "ETCD_FOO=",
      "HOME=/",     "ETCD_VERSION=3.6.14", "ETCD_EXPERIMENTAL_X=1"};
  EXPECT_EQ(unknown_variables(environment), (std::vector<std::string>{"KVD_NMAE", "ETCD_FOO"}));
}

TEST(Settings, TheCommandLineComesBeforeTheEnvironmentBeforeTheFile) {
  auto settings = *parse_arguments(std::vector<std::string>{"--name", "line"});
  const std::map<std::string, std::string> variables{
      {"KVD_NAME", "kvd"}, {"KVD_DATA_DIR", "kvd"}, {"ETCD_DATA_DIR", "etcd"}, {"ETCD_WAL_DIR", "etcd"}};
  add_environment(settings, [&](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  });
  ASSERT_TRUE(add_file(settings, "# comment\nwal-dir = file\n\nlog-level: 'debug'\n", "kvd.conf"));
  EXPECT_EQ(settings.at("name").value, "line");
  EXPECT_EQ(settings.at("data-dir").value, "kvd");
  EXPECT_EQ(settings.at("wal-dir").value, "etcd");
  EXPECT_EQ(settings.at("log-level").value, "debug");
  EXPECT_EQ(settings.at("log-level").origin, "kvd.conf line 4");
}

TEST(Settings, AFileNamesTheLineItCannotUnderstand) {
  Settings settings;
  const auto unknown = add_file(settings, "name = a\nnonsense = 1\n", "kvd.conf");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().where, "kvd.conf line 2");
  EXPECT_FALSE(add_file(settings, "just words\n", "kvd.conf"));
}

TEST(Config, TheDefaultsMakeAClusterOfOne) {
  const Checked result = checked({});
  EXPECT_EQ(result.faults, std::vector<std::string>{});
  EXPECT_EQ(result.config.data_dir, "default.etcd");
  EXPECT_EQ(result.config.wal_dir, "default.etcd/wal");
  EXPECT_EQ(result.config.initial_cluster.at("default"), (std::vector<std::string>{"http://localhost:2380"}));
}

TEST(Config, ACommandLineForEtcdIsUnderstood) {
  const Checked result = checked(
      {"--name=a", "--data-dir=/var/lib/etcd",
       "--listen-client-urls=http://127.0.0.1:2379,http://10.0.0.1:2379",
       "--advertise-client-urls=http://10.0.0.1:2379", "--listen-peer-urls=http://10.0.0.1:2380",
       "--initial-advertise-peer-urls=http://10.0.0.1:2380",
       "--initial-cluster=a=http://10.0.0.1:2380,b=http://10.0.0.2:2380,c=http://10.0.0.3:2380",
       "--initial-cluster-state=new", "--initial-cluster-token=t", "--snapshot-count=10000",
       "--experimental-initial-corrupt-check=true", "--experimental-watch-progress-notify-interval=5s"});
  EXPECT_EQ(result.faults, std::vector<std::string>{});
  EXPECT_EQ(result.config.initial_cluster.size(), 3U);
  EXPECT_EQ(result.config.listen_client_urls.size(), 2U);
  EXPECT_EQ(result.config.snapshot_count, 10000U);
  EXPECT_EQ(result.config.watch_progress_interval, std::chrono::seconds(5));
  EXPECT_EQ(result.warnings.size(), 1U);
}

TEST(Config, AMemberThatWasAddedJoins) {
  EXPECT_FALSE(checked({}).config.joins);
  EXPECT_TRUE(checked({"--initial-cluster-state=existing"}).config.joins);
  EXPECT_TRUE(mentions(checked({"--initial-cluster-state=old"}).faults, "new, existing"));
}

TEST(Config, ABadValueNamesTheOptionAndWhatItMayBe) {
  EXPECT_TRUE(
      mentions(checked({"--max-txn-ops=many"}).faults, "--max-txn-ops is 'many'; it must be a whole number"));
  EXPECT_TRUE(
      mentions(checked({"--pre-vote=maybe"}).faults, "--pre-vote is 'maybe'; it must be true or false"));
  EXPECT_TRUE(mentions(checked({"--log-level=loud"}).faults, "debug, info, warn, error"));
  EXPECT_TRUE(mentions(checked({"--grpc-keepalive-interval=5"}).faults, "must be a duration like 300ms"));
  EXPECT_TRUE(mentions(checked({"--listen-peer-urls=10.0.0.1:2380"}).faults, "is not a URL"));
}

TEST(Config, TheElectionTimeoutMustBeFiveHeartbeats) {
  EXPECT_TRUE(mentions(checked({"--election-timeout=499"}).faults,
                       "must be at least 5 times --heartbeat-interval (100)"));
  EXPECT_TRUE(checked({"--election-timeout=500"}).faults.empty());
  EXPECT_EQ(checked({"--election-priority=255"}).config.election_priority, 255);
  EXPECT_FALSE(checked({"--election-priority=256"}).faults.empty());
}

TEST(Config, ClientUrlsNeedAnAdvertisement) {
  EXPECT_TRUE(
      mentions(checked({"--listen-client-urls=http://127.0.0.1:1"}).faults, "--advertise-client-urls"));
}

TEST(Config, TheOwnPeerUrlsMustBeInTheInitialCluster) {
  EXPECT_TRUE(mentions(checked({"--name=a", "--initial-cluster=a=http://10.0.0.1:1"}).faults,
                       "--initial-cluster has a=http://10.0.0.1:1 but missing from "
                       "--initial-advertise-peer-urls=http://localhost:2380"));
  EXPECT_TRUE(
      mentions(checked({"--name=a", "--initial-cluster=b=http://10.0.0.1:1"}).faults, "must contain"));
}

TEST(Config, WhatCannotBeGivenIsRefusedAndNotIgnored) {
  EXPECT_TRUE(mentions(checked({"--peer-crl-file=x"}).faults, "must not be set"));
  EXPECT_TRUE(mentions(checked({"--auto-tls"}).faults, "must not be set"));
  EXPECT_TRUE(checked({"--auto-tls=false"}).faults.empty());
}

TEST(Config, HttpsNeedsACertificate) {
  EXPECT_TRUE(mentions(
      checked({"--listen-client-urls=https://127.0.0.1:1", "--advertise-client-urls=https://h:1"}).faults,
      "--cert-file"));
}

TEST(Config, PeersBySpeakingTlsNeedACertificateToo) {
  EXPECT_TRUE(mentions(checked({"--listen-peer-urls=https://127.0.0.1:1"}).faults, "--peer-cert-file"));
  EXPECT_TRUE(
      mentions(checked({"--listen-peer-urls=https://127.0.0.1:1,http://127.0.0.1:2"}).faults, "all https"));
}

TEST(Config, ListensOnAddressesOnly) {
  EXPECT_TRUE(mentions(checked({"--listen-peer-urls=http://host.example:2380"}).faults,
                       "must have an IP address or localhost in it, not 'host.example'"));
  EXPECT_TRUE(checked({"--listen-peer-urls=http://[::1]:2380,http://localhost:2381,http://0.0.0.0:2382"})
                  .faults.empty());
}

// Contract section 9.4: naming the authorities is asking for certificates.
TEST(Config, AuthoritiesAloneAskForCertificates) {
  const Checked clients =
      checked({"--listen-client-urls=https://127.0.0.1:1", "--advertise-client-urls=https://h:1",
               "--cert-file=c", "--key-file=k", "--trusted-ca-file=ca"});
  EXPECT_EQ(clients.faults, std::vector<std::string>{});
  EXPECT_TRUE(clients.config.client_cert_auth);
  EXPECT_FALSE(clients.config.peer_client_cert_auth);
  EXPECT_TRUE(mentions(checked({"--client-cert-auth"}).faults, "--trusted-ca-file"));
}

TEST(Config, ANameInACertificateIsAUserOnlyWhereThatIsSaid) {
  EXPECT_FALSE(checked({"--trusted-ca-file=ca.pem"}).config.certificate_names);
  EXPECT_TRUE(checked({"--trusted-ca-file=ca.pem", "--client-cert-auth"}).config.certificate_names);
}

TEST(Config, TokensAreSimpleOnesAndSaySoWhenOthersAreAskedFor) {
  EXPECT_EQ(checked({}).config.auth_token_ttl, std::chrono::seconds(300));
  EXPECT_EQ(checked({"--auth-token=simple", "--auth-token-ttl=0"}).config.auth_token_ttl,
            std::chrono::seconds(300));
  EXPECT_EQ(checked({"--auth-token-ttl=7"}).config.auth_token_ttl, std::chrono::seconds(7));
  EXPECT_TRUE(mentions(checked({"--auth-token=jwt,sign-method=RS256"}).faults, "must be simple"));
  EXPECT_TRUE(mentions(checked({"--auth-token-ttl=-1"}).faults, "auth-token-ttl"));
}

TEST(Config, TheWorkOfAPasswordHasBounds) {
  EXPECT_EQ(checked({}).config.bcrypt_cost, 10);
  EXPECT_EQ(checked({"--bcrypt-cost=4"}).config.bcrypt_cost, 4);
  EXPECT_TRUE(mentions(checked({"--bcrypt-cost=3"}).faults, "from 4 to 31"));
  EXPECT_TRUE(mentions(checked({"--bcrypt-cost=32"}).faults, "from 4 to 31"));
}

TEST(Config, CertificatesThatNobodyWillSeeAreMentioned) {
  EXPECT_TRUE(mentions(checked({"--cert-file=c", "--key-file=k"}).warnings, "no https URL"));
  EXPECT_TRUE(mentions(checked({"--peer-cert-file=c"}).warnings, "--peer-cert-file"));
}

TEST(Config, AMetricsUrlMayNeedTheCertificateToo) {
  EXPECT_TRUE(
      mentions(checked({"--listen-metrics-urls=https://127.0.0.1:1"}).faults, "--listen-metrics-urls"));
}

TEST(Config, HelpNamesEveryOption) {
  const std::string help = help_text();
  for (const Flag& flag : flags())
    EXPECT_NE(help.find("--" + std::string(flag.name)), std::string::npos) << flag.name;
}

TEST(Url, KeepsIpv6Hosts) {
  const auto url = parse_url("http://[::1]:2380/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->text(), "http://[::1]:2380");
}

TEST(Url, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "http://", "http://h", "http://h:", "http://h:99999", "http://h:1/path",
                           "ftp://h:1", "http://:1", "http://a:b:1", "http://h:1x"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

class IdentityTest : public ::testing::Test {
 protected:
  IdentityTest() {
    std::string pattern = ::testing::TempDir() + "identity-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~IdentityTest() override { std::filesystem::remove_all(directory_); }
  std::string directory_;
};

TEST_F(IdentityTest, ADirectoryBelongsToWhoClaimedItFirst) {
  const std::string fresh = directory_ + "/new/data";
  ASSERT_TRUE(claim_directory(fresh, {1, 2}));
  EXPECT_TRUE(claim_directory(fresh, {1, 2}));
  const auto other = claim_directory(fresh, {1, 3});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kMismatch);
  EXPECT_NE(other.error().text().find("belongs to member 2 of cluster 1"), std::string::npos);
  EXPECT_EQ(std::filesystem::status(fresh).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(IdentityTest, AFormatItDoesNotKnowIsRefusedAndKept) {
  const std::string path = directory_ + "/identity";
  std::ofstream(path) << "kvd data directory, format 2\n";
  const auto refused = claim_directory(directory_, {1, 2});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kMismatch);
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(line, "kvd data directory, format 2");
}

TEST_F(IdentityTest, AFlippedBitIsRefusedWithTheFile) {
  const std::string path = directory_ + "/identity";
  ASSERT_TRUE(claim_directory(directory_, {0x1f, 0x2e}));
  std::string whole(std::filesystem::file_size(path), ' ');
  std::ifstream(path).read(whole.data(), static_cast<std::streamsize>(whole.size()));
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    std::ofstream(path, std::ios::binary) << flipped;
    const auto refused = claim_directory(directory_, {0x1f, 0x2e});
    ASSERT_FALSE(refused) << "bit " << bit;
    EXPECT_NE(refused.error().text().find(path), std::string::npos) << "bit " << bit;
  }
}

TEST_F(IdentityTest, AStateWithoutAnOwnerIsRefused) {
  std::filesystem::create_directory(directory_ + "/wal");
  EXPECT_FALSE(claim_directory(directory_, {1, 2}));
}

}  // namespace
}  // namespace tools::kvd
