// What --token and --peer stand for, and what they do not go with.
#include <gtest/gtest.h>

#include "tools/kvd/config.h"
#include "tools/kvd/join.h"

namespace tools::kvd {
namespace {

JoinToken token_for(const std::string& url) {
  return {.cluster = 7, .member = 9, .name = "d", .peer_urls = {url}};
}

Checked joined_with(std::vector<std::string> arguments, const std::string& url = "http://10.0.0.4:2380") {
  arguments.insert(arguments.begin(),
                   {"--token=" + encode_join_token(token_for(url)), "--peer=http://10.0.0.1:2380"});
  const auto settings = parse_arguments(arguments);
  EXPECT_TRUE(settings);
  return settings ? check(*settings) : Checked{};
}

std::string first_fault(const Checked& checked) {
  return checked.faults.empty() ? "" : checked.faults.front();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(KvdJoin, TheTokenStandsForTheOptionsOfAnAddedMember) {
  const Checked checked = joined_with({});
  EXPECT_EQ(first_fault(checked), "");
  EXPECT_EQ(checked.config.name, "d");
  EXPECT_EQ(checked.config.data_dir, "d.etcd");
  EXPECT_TRUE(checked.config.joins);
  EXPECT_EQ(texts(checked.config.initial_advertise_peer_urls),
            std::vector<std::string>{"http://10.0.0.4:2380"});
  EXPECT_EQ(checked.config.listen_peer_urls, checked.config.initial_advertise_peer_urls);
  EXPECT_EQ(checked.config.join_token, token_for("http://10.0.0.4:2380"));
  EXPECT_EQ(checked.config.join_peers, std::vector<std::string>{"http://10.0.0.1:2380"});
}

TEST(KvdJoin, WhatIsSetComesBeforeTheToken) {
  const Checked checked = joined_with({"--name=x", "--listen-peer-urls=http://0.0.0.0:2380"});
  EXPECT_EQ(first_fault(checked), "");
  EXPECT_EQ(checked.config.name, "x");
  EXPECT_EQ(checked.config.listen_peer_urls.front().host, "0.0.0.0");
}

TEST(KvdJoin, ANameDoesNotSayWhereToListen) {
  EXPECT_TRUE(
      contains(first_fault(joined_with({}, "http://d.example:2380")), "--listen-peer-urls must be set"));
  EXPECT_EQ(first_fault(joined_with({"--listen-peer-urls=http://0.0.0.0:2380"}, "http://d.example:2380")),
            "");
}

TEST(KvdJoin, OtherUrlsThanTheAddedOnesAreRefused) {
  EXPECT_TRUE(contains(first_fault(joined_with({"--initial-advertise-peer-urls=http://10.0.0.5:2380"})),
                       "but the member was added with http://10.0.0.4:2380"));
}

TEST(KvdJoin, OtherWaysIntoAClusterAreRefused) {
  for (const char* option : {"--initial-cluster=d=http://10.0.0.4:2380", "--initial-cluster-state=new",
                             "--initial-cluster-token=x"}) {
    EXPECT_TRUE(contains(first_fault(joined_with({option})), "must not be set together with --token"))
        << option;
  }
}

TEST(KvdJoin, TokenAndPeerGoTogether) {
  const auto alone = [](const std::string& argument) {
    return first_fault(check(*parse_arguments(std::vector<std::string>{argument})));
  };
  EXPECT_TRUE(contains(alone("--peer=http://10.0.0.1:2380"), "--peer is only for joining"));
  EXPECT_TRUE(contains(alone("--token=" + encode_join_token(token_for("http://10.0.0.4:2380"))),
                       "--peer is missing"));
  EXPECT_EQ(missing_for_join({}).value_or("").substr(0, 6), "--peer");
  EXPECT_EQ(missing_for_join({{"peer", {}}}).value_or("").substr(0, 7), "--token");
  EXPECT_FALSE(missing_for_join({{"peer", {}}, {"token", {}}}));
}

TEST(KvdJoin, ATokenThatIsNoneIsAFaultThatNamesItsOrigin) {
  const auto settings =
      parse_arguments(std::vector<std::string>{"--token=abc", "--peer=http://10.0.0.1:2380"});
  EXPECT_TRUE(contains(first_fault(check(*settings)), "--token: the token is none of ours"));
}

}  // namespace
}  // namespace tools::kvd
