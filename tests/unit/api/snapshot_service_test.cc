// Maintenance/Snapshot as etcdctl reads it (contract section 7.3).
#include <condition_variable>
#include <mutex>

#include "libkv/api/snapshot_streams.h"
#include "libkv/snapshot/digest.h"
#include "libkv/snapshot/stream_reader.h"
#include "tests/unit/api/services_fixture.h"

namespace kv::api {
namespace {

class Snapshot : public ServicesTest {
 protected:
  struct Received {
    std::vector<etcdserverpb::SnapshotResponse> messages;
    rpc::Status status;
    [[nodiscard]] std::string file() const {
      std::string all;
      for (const auto& message : messages) all += message.blob();
      return all;
    }
  };

  Received receive(int requests = 1) {
    Received received;
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    const auto stream = channel_->stream(
        "/etcdserverpb.Maintenance/Snapshot", {.timeout = std::chrono::seconds(20)},
        {.on_message =
             [&](std::string bytes) { EXPECT_TRUE(received.messages.emplace_back().ParseFromString(bytes)); },
         .on_done =
             [&](rpc::Status status) {
               const std::lock_guard lock(mutex);
               received.status = std::move(status);
               done = true;
               changed.notify_all();
             }});
    for (int i = 0; i < requests; ++i) stream->send(etcdserverpb::SnapshotRequest().SerializeAsString());
    stream->half_close();
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return done; });
    return received;
  }

  static raft::Result<SnapshotTotals> verify(std::string_view file) {
    StreamReader reader({}, Envelope::kAllowed);
    if (auto pushed = reader.push(file); !pushed) return raft::fail(pushed.error());
    return reader.finish();
  }
};

TEST_F(Snapshot, IsAWholeFileInSmallMessages) {
  for (int i = 0; i < 20; ++i) put("key" + std::to_string(i), std::string(10000, static_cast<char>('a' + i)));
  const Received received = receive();
  ASSERT_EQ(received.status, rpc::Status{});
  EXPECT_TRUE(verify(received.file()));
  for (const auto& message : received.messages) {
    EXPECT_LE(message.blob().size(), 32768U);
    EXPECT_EQ(message.version(), "3.6.0");
    EXPECT_FALSE(message.has_header());
  }
}

TEST_F(Snapshot, EndsAsEtcdctlWantsIt) {
  put("a", "1");
  const Received received = receive();
  const std::string file = received.file();
  EXPECT_EQ(file.size() % 512, 32U);
  ASSERT_GE(received.messages.size(), 2U);
  EXPECT_EQ(received.messages.back().blob().size(), 32U);
  EXPECT_EQ(received.messages.back().remaining_bytes(), 0U);
  EXPECT_GT(received.messages.front().remaining_bytes(), 0U);
  Digest digest;
  digest.update(std::string_view(file).substr(0, file.size() - 32));
  EXPECT_EQ(received.messages.back().blob(), digest.value());
}

TEST_F(Snapshot, TakesOneRequest) {
  put("a", "1");
  const Received twice = receive(2);
  EXPECT_EQ(twice.status, rpc::Status{});
  EXPECT_TRUE(verify(twice.file()));
  EXPECT_NE(receive(0).status, rpc::Status{});
}

TEST_F(Snapshot, IsServedByALearnerToo) {
  member_.learner = true;
  EXPECT_EQ(receive().status, rpc::Status{});
}

}  // namespace
}  // namespace kv::api
