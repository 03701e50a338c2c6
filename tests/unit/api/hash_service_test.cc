// Maintenance/Hash and HashKV (contract section 7.2).
#include <atomic>
#include <latch>

#include "libkv/api/long_reads.h"
#include "tests/unit/api/services_fixture.h"

namespace kv::api {
namespace {

using etcdserverpb::HashKVRequest;
using etcdserverpb::HashKVResponse;

constexpr const char* kHashKv = "/etcdserverpb.Maintenance/HashKV";

class Hash : public ServicesTest {
 protected:
  HashKVResponse hash_kv(std::int64_t revision = 0) {
    HashKVRequest request;
    request.set_revision(revision);
    return call<HashKVResponse>(kHashKv, request);
  }
};

TEST_F(Hash, SaysOfWhatItIs) {
  put("foo", "bar");
  put("foo", "bar1");
  const HashKVResponse now = hash_kv();
  EXPECT_EQ(now.hash(), 3324146857U) << "the contract's vector";
  EXPECT_EQ(now.compact_revision(), -1);
  EXPECT_EQ(now.hash_revision(), 3);
  EXPECT_EQ(now.header().revision(), 3);
  const HashKVResponse before = hash_kv(2);
  EXPECT_EQ(before.hash(), 3305255506U);
  EXPECT_EQ(before.hash_revision(), 2);
  EXPECT_EQ(before.header().revision(), 3);
}

TEST_F(Hash, OfARevisionToComeIsEtcdsError) {
  HashKVRequest request;
  request.set_revision(9);
  EXPECT_EQ(
      refusal(kHashKv, request),
      (rpc::Status{rpc::Code::kOutOfRange, "etcdserver: mvcc: required revision is a future revision"}));
}

TEST_F(Hash, OfTheWholeBackendIsThatOfItsHistory) {
  put("foo", "bar");
  const auto all =
      call<etcdserverpb::HashResponse>("/etcdserverpb.Maintenance/Hash", etcdserverpb::HashRequest());
  EXPECT_EQ(all.hash(), hash_kv().hash());
  EXPECT_EQ(all.header().revision(), 2);
}

TEST(LongReads, AreBoundedAndEndWithTheirOwner) {
  std::latch running(1);
  std::atomic<int> ran = 0;
  {
    LongReads reads;
    const auto read = [&](const std::stop_token& stop) {
      if (ran++ == 0) running.count_down();
      while (!stop.stop_requested()) std::this_thread::yield();
    };
    ASSERT_TRUE(reads.add(read));
    running.wait();
    for (std::size_t i = 0; i < kLongReadsMax; ++i) EXPECT_TRUE(reads.add(read));
    EXPECT_FALSE(reads.add(read));
  }
  EXPECT_EQ(ran, 1);
}

}  // namespace
}  // namespace kv::api
