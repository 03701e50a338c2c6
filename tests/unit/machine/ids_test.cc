#include "libkv/machine/ids.h"

#include <gtest/gtest.h>

namespace kv {
namespace {

// Contract, appendix B.
TEST(Ids, AreThoseThatEtcdComputes) {
  const std::uint64_t one = member_id({"http://localhost:2380"}, "etcd-cluster");
  EXPECT_EQ(one, 0x8e9e05c52164694dU);
  EXPECT_EQ(cluster_id({one}), 0xcdf818194e3a8c32U);
  const std::uint64_t a = member_id({"http://127.0.0.1:12380"}, "etcd-cluster-1");
  const std::uint64_t b = member_id({"http://127.0.0.1:22380"}, "etcd-cluster-1");
  const std::uint64_t c = member_id({"http://127.0.0.1:32380"}, "etcd-cluster-1");
  EXPECT_EQ(a, 0x8211f1d0f64f3269U);
  EXPECT_EQ(b, 0x91bc3c398fb3c146U);
  EXPECT_EQ(c, 0xfd422379fda50e48U);
  EXPECT_EQ(cluster_id({c, a, b}), 0xef37ad9dc622a7c4U);
}

// The same hash, with the time where those have the token.
TEST(Ids, OfAnAddedMemberAreMadeOfSortedUrlsAndTheTime) {
  EXPECT_EQ(member_id({"http://localhost:2380"}, 1700000000), 0x0aa9425087d494a3U);
  EXPECT_EQ(member_id({"b", "a"}, 1), member_id({"a", "b"}, 1));
  EXPECT_NE(member_id({"a"}, 1), member_id({"a"}, 2));
}

}  // namespace
}  // namespace kv
