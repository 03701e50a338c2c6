#include "libkv/api/peer_urls.h"

#include <gtest/gtest.h>

namespace kv::api {
namespace {

using Urls = std::vector<std::string>;

TEST(PeerUrls, KeepTheirOrderAndLoseTheSpaceAroundThem) {
  const Urls urls = {" http://b:2380", "HTTPS://10.0.0.1:1\t", "http://[::1]:2380", "http://a_b-c.d:0"};
  EXPECT_EQ(read_peer_urls(urls),
            (Urls{"http://b:2380", "https://10.0.0.1:1", "http://[::1]:2380", "http://a_b-c.d:0"}));
}

TEST(PeerUrls, AreRefusedWhenOneIsNoneAndWhenThereIsNone) {
  EXPECT_FALSE(read_peer_urls({}));
  for (const char* bad : {"",
                          "  ",
                          "a:2380",
                          "http://a",
                          "http://a:",
                          "http://:2380",
                          "http://a:65536",
                          "http://a:1x",
                          "http://a:1/",
                          "http://a:1/path",
                          "http://a:1?q",
                          "http://u@a:1",
                          "ftp://a:1",
                          "://a:1",
                          "unix://a:1",
                          "http://a b:1",
                          "http://::1:2380",
                          "http://[]:1",
                          "http://[::1]",
                          "http://a:-1",
                          "http://a:1,http://b:1"}) {
    EXPECT_FALSE(read_peer_urls({"http://good:1", bad})) << bad;
  }
}

}  // namespace
}  // namespace kv::api
