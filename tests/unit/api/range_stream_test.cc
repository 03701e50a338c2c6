// KV/RangeStream (contract section 2.2).
#include <condition_variable>
#include <mutex>
#include <vector>

#include "tests/unit/api/services_fixture.h"

namespace kv::api {
namespace {

using rpc::Code;

class RangeStream : public ServicesTest {
 protected:
  struct Received {
    std::vector<etcdserverpb::RangeResponse> chunks;
    rpc::Status status;
    [[nodiscard]] std::string keys() const {
      std::string all;
      for (const auto& chunk : chunks)
        for (const auto& kv : chunk.kvs()) all += kv.key() + " ";
      return all;
    }
    [[nodiscard]] int size() const {
      int sum = 0;
      for (const auto& chunk : chunks) sum += chunk.kvs_size();
      return sum;
    }
  };

  Received receive(const etcdserverpb::RangeRequest& request) {
    Received received;
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    const auto stream =
        channel_->stream("/etcdserverpb.KV/RangeStream", {.timeout = std::chrono::seconds(20)},
                         {.on_message =
                              [&](const std::string& bytes) {
                                etcdserverpb::RangeStreamResponse response;
                                EXPECT_TRUE(response.ParseFromString(bytes));
                                received.chunks.push_back(response.range_response());
                              },
                          .on_done =
                              [&](rpc::Status status) {
                                const std::lock_guard lock(mutex);
                                received.status = std::move(status);
                                done = true;
                                changed.notify_all();
                              }});
    stream->send(request.SerializeAsString());
    stream->half_close();
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return done; });
    return received;
  }

  static std::string name(int number) { return "k/" + std::to_string(1000 + number); }
  void fill(int keys, std::size_t bytes = 1) {
    for (int i = 0; i < keys; ++i) put(name(i), std::string(bytes, 'v'));
  }
  etcdserverpb::RangeRequest all() {
    auto request = range("k/");
    request.set_range_end("k0");
    return request;
  }
  void refused(const etcdserverpb::RangeRequest& request, Code code, std::string_view text) {
    const Received received = receive(request);
    EXPECT_EQ(received.status.code, code);
    EXPECT_EQ(received.status.message, text);
    EXPECT_TRUE(received.chunks.empty());
  }
};

TEST_F(RangeStream, IsTheRangeInChunksThatGrow) {
  fill(100);
  const Received received = receive(all());
  ASSERT_EQ(received.status, rpc::Status{});
  ASSERT_EQ(received.chunks.size(), 4U) << "10, 20, 40 and what is left";
  EXPECT_EQ(received.chunks[1].kvs_size(), 20);
  const auto whole = call<etcdserverpb::RangeResponse>("/etcdserverpb.KV/Range", all());
  std::string keys;
  for (const auto& kv : whole.kvs()) keys += kv.key() + " ";
  EXPECT_EQ(received.keys(), keys);
  EXPECT_EQ(received.chunks[3].kvs(0).SerializeAsString(), whole.kvs(70).SerializeAsString());
}

TEST_F(RangeStream, OnlyTheLastChunkHasHeaderAndCount) {
  fill(25);
  const Received received = receive(all());
  ASSERT_EQ(received.chunks.size(), 2U);
  EXPECT_FALSE(received.chunks[0].has_header());
  EXPECT_FALSE(received.chunks[0].more());
  EXPECT_EQ(received.chunks[0].count(), 0);
  EXPECT_EQ(received.chunks[1].header().revision(), 26);
  EXPECT_EQ(received.chunks[1].header().member_id(), 7U);
  EXPECT_EQ(received.chunks[1].count(), 25);
  EXPECT_FALSE(received.chunks[1].more());
}

TEST_F(RangeStream, ALimitCutsTheWholeAndTheCountGoesBeyondIt) {
  fill(50);
  for (const int limit : {1, 10, 15, 49}) {
    auto request = all();
    request.set_limit(limit);
    const Received received = receive(request);
    EXPECT_EQ(received.size(), limit);
    EXPECT_TRUE(received.chunks.back().more()) << limit;
    EXPECT_EQ(received.chunks.back().count(), 50);
  }
  auto request = all();
  request.set_limit(50);
  EXPECT_FALSE(receive(request).chunks.back().more());
  request.set_limit(-1);
  EXPECT_EQ(receive(request).size(), 50);
}

TEST_F(RangeStream, NothingOneKeyAndCountsAreOneChunk) {
  Received received = receive(all());
  ASSERT_EQ(received.chunks.size(), 1U);
  EXPECT_EQ(received.chunks[0].header().revision(), 1);
  fill(30);
  EXPECT_EQ(receive(range(name(3))).keys(), name(3) + " ");
  auto request = all();
  request.set_count_only(true);
  received = receive(request);
  ASSERT_EQ(received.chunks.size(), 1U);
  EXPECT_EQ(received.chunks[0].count(), 30);
  EXPECT_EQ(received.size(), 0);
  request = all();
  request.set_keys_only(true);
  EXPECT_EQ(receive(request).chunks[0].kvs(0).value(), "");
}

TEST_F(RangeStream, AllChunksAreOfOneRevision) {
  fill(30);
  put(name(29), "new");
  auto request = all();
  request.set_revision(20);
  const Received received = receive(request);
  EXPECT_EQ(received.size(), 19);
  EXPECT_EQ(received.chunks.back().count(), 19);
  EXPECT_EQ(received.chunks.back().header().revision(), 32) << "that of the store";
}

TEST_F(RangeStream, SmallChunksOfLargeValuesStaySmall) {
  fill(60, 100000);
  const Received received = receive(all());
  EXPECT_EQ(received.size(), 60);
  for (const auto& chunk : received.chunks) EXPECT_LE(chunk.kvs_size(), 20) << "10 are over half a request";
}

TEST_F(RangeStream, WhatItDoesNotDoIsToldInEtcdsWords) {
  fill(3);
  auto request = all();
  request.set_sort_order(etcdserverpb::RangeRequest::DESCEND);
  refused(request, Code::kUnimplemented, "RangeStream does not support custom sort orders");
  request = all();
  request.set_sort_target(etcdserverpb::RangeRequest::MOD);
  refused(request, Code::kUnimplemented, "RangeStream does not support custom sort orders");
  request = all();
  request.set_max_create_revision(5);
  refused(request, Code::kUnimplemented, "RangeStream does not support revision filters");
  request = all();
  request.set_sort_order(etcdserverpb::RangeRequest::ASCEND);
  EXPECT_EQ(receive(request).size(), 3) << "the order that it has anyway";
}

TEST_F(RangeStream, ItsErrorsAreThoseOfARange) {
  fill(9);
  refused(range(""), Code::kInvalidArgument, "etcdserver: key is not provided");
  auto request = all();
  request.set_revision(100);
  refused(request, Code::kOutOfRange, "etcdserver: mvcc: required revision is a future revision");
  etcdserverpb::CompactionRequest compaction;
  compaction.set_revision(8);
  call<etcdserverpb::CompactionResponse>("/etcdserverpb.KV/Compact", compaction);
  request.set_revision(5);
  refused(request, Code::kOutOfRange, "etcdserver: mvcc: required revision has been compacted");
  member_.odd = true;
  auto local = all();
  local.set_serializable(true);
  refused(local, Code::kDataLoss, "etcdserver: corrupt cluster");
  member_.odd = false;
  member_.learner = true;
  refused(all(), Code::kFailedPrecondition, "etcdserver: rpc not supported for learner");
}

}  // namespace
}  // namespace kv::api
