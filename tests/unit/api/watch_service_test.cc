// Watch through the real rpc stack (contract section 3).
#include <condition_variable>
#include <deque>
#include <mutex>

#include "libkv/api/errors.h"
#include "tests/unit/api/services_fixture.h"

namespace kv::api {
namespace {

using etcdserverpb::WatchCreateRequest;
using etcdserverpb::WatchResponse;
using std::chrono::seconds;

/// What a stream receives, to be waited for.
class Responses {
 public:
  void add(std::string_view bytes) {
    WatchResponse response;
    EXPECT_TRUE(response.ParseFromString(std::string(bytes)));
    const std::lock_guard lock(mutex_);
    responses_.push_back(std::move(response));
    changed_.notify_all();
  }
  void end(const rpc::Status& status) {
    const std::lock_guard lock(mutex_);
    status_ = status;
    changed_.notify_all();
  }
  WatchResponse next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, seconds(20), [this] { return !responses_.empty(); })) {
      ADD_FAILURE() << "no response";
      return {};
    }
    WatchResponse response = std::move(responses_.front());
    responses_.pop_front();
    return response;
  }
  rpc::Status status() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, seconds(20), [this] { return status_.has_value(); }));
    return status_.value_or(rpc::Status{});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<WatchResponse> responses_;
  std::optional<rpc::Status> status_;
};

class WatchServiceTest : public ServicesTest {
 protected:
  struct Stream {
    std::shared_ptr<Responses> got = std::make_shared<Responses>();
    std::shared_ptr<rpc::ClientStream> call;

    void send(const etcdserverpb::WatchRequest& request) { call->send(request.SerializeAsString()); }
    void create(const WatchCreateRequest& request) {
      etcdserverpb::WatchRequest message;
      *message.mutable_create_request() = request;
      send(message);
    }
    void create(const std::string& key, std::int64_t start = 0) {
      WatchCreateRequest request;
      request.set_key(key);
      request.set_start_revision(start);
      create(request);
    }
    void ask_progress() {
      etcdserverpb::WatchRequest message;
      message.mutable_progress_request();
      send(message);
    }
    WatchResponse next() const { return got->next(); }
  };

  Stream open(rpc::Metadata metadata = {}) {
    Stream stream;
    const auto got = stream.got;
    stream.call = channel_->stream("/etcdserverpb.Watch/Watch", {.metadata = std::move(metadata)},
                                   {.on_message = [got](std::string_view bytes) { got->add(bytes); },
                                    .on_done = [got](const rpc::Status& status) { got->end(status); }});
    return stream;
  }
  void compact(std::int64_t revision) {
    etcdserverpb::CompactionRequest request;
    request.set_revision(revision);
    call<etcdserverpb::CompactionResponse>("/etcdserverpb.KV/Compact", request);
  }
};

TEST_F(WatchServiceTest, CreatedThenEventsThenCancelled) {
  Stream stream = open();
  stream.create("a");
  const WatchResponse created = stream.next();
  EXPECT_TRUE(created.created());
  EXPECT_EQ(created.watch_id(), 0);
  EXPECT_EQ(created.header().revision(), 1);
  EXPECT_EQ(created.header().member_id(), 7U);
  put("a", "1");
  const WatchResponse events = stream.next();
  EXPECT_EQ(events.header().revision(), 2);
  ASSERT_EQ(events.events_size(), 1);
  EXPECT_EQ(events.events(0).kv().value(), "1");
  EXPECT_EQ(events.events(0).kv().mod_revision(), 2);
  etcdserverpb::WatchRequest cancel;
  cancel.mutable_cancel_request()->set_watch_id(0);
  stream.send(cancel);
  const WatchResponse canceled = stream.next();
  EXPECT_TRUE(canceled.canceled());
  EXPECT_EQ(canceled.compact_revision(), 0);
  EXPECT_TRUE(canceled.cancel_reason().empty());
}

TEST_F(WatchServiceTest, WhatWasWrittenBeforeIsNotToldToAWatchFromNowOn) {
  for (int i = 0; i < 50; ++i) {
    const std::int64_t revision = put("a", "1").header().revision();
    Stream stream = open();
    stream.create("a");
    EXPECT_EQ(stream.next().header().revision(), revision);
    stream.ask_progress();
    const WatchResponse progress = stream.next();
    EXPECT_EQ(progress.watch_id(), -1);
    EXPECT_EQ(progress.events_size(), 0);
    EXPECT_EQ(progress.header().revision(), revision);
  }
}

TEST_F(WatchServiceTest, HistoryIsReplayedWithWhatWasBefore) {
  put("a", "1");
  put("a", "2");
  Stream stream = open();
  WatchCreateRequest request;
  request.set_key("a");
  request.set_start_revision(2);
  request.set_prev_kv(true);
  stream.create(request);
  EXPECT_EQ(stream.next().header().revision(), 3);
  const WatchResponse events = stream.next();
  ASSERT_EQ(events.events_size(), 2);
  EXPECT_FALSE(events.events(0).has_prev_kv());
  EXPECT_EQ(events.events(1).prev_kv().value(), "1");
  put("a", "3", true);
  EXPECT_EQ(stream.next().events(0).prev_kv().value(), "2");
}

TEST_F(WatchServiceTest, RefusalsSayWhyAsEtcdDoes) {
  Stream stream = open();
  WatchCreateRequest request;
  request.set_key("a");
  request.set_watch_id(3);
  stream.create(request);
  stream.create(request);
  EXPECT_EQ(stream.next().watch_id(), 3);
  const WatchResponse duplicate = stream.next();
  EXPECT_TRUE(duplicate.created() && duplicate.canceled());
  EXPECT_EQ(duplicate.watch_id(), -1);
  EXPECT_EQ(duplicate.cancel_reason(), "mvcc: duplicate watch ID provided on the WatchStream");
  request.set_watch_id(0);
  request.set_range_end("a");
  stream.create(request);
  EXPECT_EQ(stream.next().cancel_reason(), "mvcc: watcher range is empty");
  stream.create("a", -1);
  const WatchResponse negative = stream.next();
  EXPECT_EQ(negative.cancel_reason(), "etcdserver: mvcc: required revision has been compacted");
  EXPECT_EQ(negative.compact_revision(), 0);
}

TEST_F(WatchServiceTest, CompactedStartIsCancelledWithTheRevisionAndNothingElse) {
  for (int i = 0; i < 4; ++i) put("a", "1");
  compact(4);
  Stream stream = open();
  stream.create("a", 3);
  EXPECT_TRUE(stream.next().created());
  const WatchResponse canceled = stream.next();
  EXPECT_TRUE(canceled.canceled());
  EXPECT_EQ(canceled.compact_revision(), 4);
  EXPECT_EQ(canceled.header().revision(), 0);
  EXPECT_TRUE(canceled.cancel_reason().empty());
  EXPECT_EQ(canceled.events_size(), 0);
  stream.create("a", 4);
  EXPECT_TRUE(stream.next().created());
  EXPECT_EQ(stream.next().events_size(), 2);
}

TEST_F(WatchServiceTest, LargeResponseIsFragmentedOnlyWhenAsked) {
  context_.options.watch_fragment_bytes = 300;
  for (int i = 0; i < 4; ++i) put("a", std::string(100, 'v'));
  Stream stream = open();
  WatchCreateRequest request;
  request.set_key("a");
  request.set_start_revision(2);
  stream.create(request);
  EXPECT_TRUE(stream.next().created());
  EXPECT_EQ(stream.next().events_size(), 4);
  request.set_fragment(true);
  stream.create(request);
  EXPECT_TRUE(stream.next().created());
  const WatchResponse first = stream.next();
  const WatchResponse second = stream.next();
  EXPECT_TRUE(first.fragment());
  EXPECT_EQ(first.events_size(), 2);
  EXPECT_LT(first.ByteSizeLong(), 300U);
  EXPECT_FALSE(second.fragment());
  EXPECT_EQ(second.events_size(), 2);
}

TEST_F(WatchServiceTest, ProgressComesByItselfWhenNothingHappens) {
  Stream stream = open();
  WatchCreateRequest request;
  request.set_key("a");
  request.set_progress_notify(true);
  stream.create(request);
  EXPECT_TRUE(stream.next().created());
  for (int i = 0; i < 2; ++i) {
    const WatchResponse progress = stream.next();
    EXPECT_EQ(progress.watch_id(), 0);
    EXPECT_EQ(progress.header().revision(), 1);
    EXPECT_EQ(progress.events_size(), 0);
  }
}

TEST_F(WatchServiceTest, StreamGoesOnAfterTheClientSaidItsLast) {
  Stream stream = open();
  stream.create("a");
  stream.call->half_close();
  EXPECT_TRUE(stream.next().created());
  put("a", "1");
  EXPECT_EQ(stream.next().events_size(), 1);
}

TEST_F(WatchServiceTest, LearnerAndAMemberWithoutALeaderRefuse) {
  member_.leader = false;
  Stream without = open({{"hasleader", "true"}});
  without.create("a");
  EXPECT_EQ(without.got->status(), status_of(ServerError::kNoLeader));
  member_.leader = true;
  member_.learner = true;
  Stream learner = open();
  learner.create("a");
  EXPECT_EQ(learner.got->status(), status_of(ApiError::kNotSupportedForLearner));
}

TEST_F(WatchServiceTest, StreamThatNeedsALeaderEndsWhenThereIsNone) {
  Stream needs = open({{"hasleader", "true"}});
  Stream patient = open();
  needs.create("a");
  patient.create("a");
  EXPECT_TRUE(needs.next().created());
  EXPECT_TRUE(patient.next().created());
  member_.leader = false;
  EXPECT_EQ(needs.got->status(), status_of(ServerError::kNoLeader));
  put("a", "1");
  EXPECT_EQ(patient.next().events_size(), 1);
}

TEST_F(WatchServiceTest, StoppingServerEndsStreamsSoThatClientsResume) {
  Stream stream = open();
  stream.create("a");
  EXPECT_TRUE(stream.next().created());
  server_->drain(std::chrono::milliseconds(0));
  EXPECT_EQ(stream.got->status().code, rpc::Code::kUnavailable);
}

}  // namespace
}  // namespace kv::api
