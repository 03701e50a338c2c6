// What a mirror writes, and in which transactions.
#include "tools/kvctl/mirror_writer.h"

#include <gtest/gtest.h>

#include "tests/unit/tools/kvctl_fixture.h"
#include "tools/kvctl/watch_command.h"

namespace tools::kvctl {
namespace {

mvccpb::Event event(const std::string& key, const std::optional<std::string>& value, std::int64_t revision) {
  mvccpb::Event event;
  event.mutable_kv()->set_key(key);
  event.mutable_kv()->set_mod_revision(revision);
  if (value) {
    event.mutable_kv()->set_value(*value);
  } else {
    event.set_type(mvccpb::Event::DELETE);
  }
  return event;
}

class Mirroring : public Kvctl {
 protected:
  Mirroring() {
    settings_.endpoints = {parse_endpoint(etcd.endpoint()).value()};
    dialer_ = make_dialer(settings_);
    client_ = std::make_unique<Client>(settings_, *dialer_, nullptr);
  }

  MirrorWriter writer(std::size_t operations_max = 128) {
    return {*client_,
            {.names = {.prefix = "a/", .destination = "b/"},
             .operations_max = operations_max,
             .revision = 1,
             .again = [](const Failure&) { return false; }}};
  }
  std::string everything() { return run({"get", "", "--prefix"}).out; }

  Settings settings_;
  std::unique_ptr<Dialer> dialer_;
  std::unique_ptr<Client> client_;
};

TEST_F(Mirroring, WritesUnderOtherNames) {
  MirrorWriter mirror = writer();
  ASSERT_TRUE(mirror.apply(event("a/x", "1", 5)));
  ASSERT_TRUE(mirror.apply(event("a/y", "2", 5)));
  mirror.end_revision();
  ASSERT_TRUE(mirror.flush());
  EXPECT_EQ(everything(), "b/x\n1\nb/y\n2\n");
  EXPECT_EQ(mirror.written(), 2U);
}

TEST_F(Mirroring, AKeyThatComesTwiceBeginsAnotherTransaction) {
  MirrorWriter mirror = writer();
  for (const auto& change : {event("a/x", "1", 5), event("a/x", std::nullopt, 6), event("a/x", "3", 7)}) {
    ASSERT_TRUE(mirror.apply(change));
    mirror.end_revision();
  }
  EXPECT_EQ(mirror.written(), 2U);
  ASSERT_TRUE(mirror.flush());
  EXPECT_EQ(everything(), "b/x\n3\n");
}

TEST_F(Mirroring, ARevisionIsNotCutWhereItNeedNotBe) {
  MirrorWriter mirror = writer(3);
  ASSERT_TRUE(mirror.apply(event("a/1", "", 5)));
  mirror.end_revision();
  for (const char* const key : {"a/2", "a/3", "a/4"}) ASSERT_TRUE(mirror.apply(event(key, "", 6)));
  EXPECT_EQ(mirror.written(), 1U);  // revision 5 alone: 6 still fits into one transaction
  mirror.end_revision();
  ASSERT_TRUE(mirror.flush());
  EXPECT_EQ(mirror.written(), 4U);
}

TEST_F(Mirroring, ALargeRevisionIsCut) {
  MirrorWriter mirror = writer(2);
  for (const char* const key : {"a/1", "a/2", "a/3"}) ASSERT_TRUE(mirror.apply(event(key, "", 6)));
  EXPECT_EQ(mirror.written(), 2U);
}

TEST_F(Mirroring, WhatOthersWroteIsOverwritten) {
  run({"put", "b/x", "theirs"});
  MirrorWriter mirror = writer();
  ASSERT_TRUE(mirror.apply(event("a/x", "ours", 5)));
  ASSERT_TRUE(mirror.flush());
  EXPECT_EQ(everything(), "b/x\nours\n");
}

TEST_F(Mirroring, ALateCopyOfAnOldTransactionIsVoid) {
  MirrorWriter mirror = writer();
  ASSERT_TRUE(mirror.apply(event("a/x", "new", 6)));
  ASSERT_TRUE(mirror.flush());
  // One that was made when the destination was at revision 1, and arrives only now.
  etcdserverpb::TxnRequest request;
  auto& compare = *request.add_compare();
  compare.set_key("b/x");
  compare.set_target(etcdserverpb::Compare::MOD);
  compare.set_result(etcdserverpb::Compare::LESS);
  compare.set_mod_revision(2);
  EXPECT_FALSE(client_->call<etcdserverpb::TxnResponse>(kTxn, request).value().succeeded());
}

TEST(WatchCommand, FindsTheEventInItsEnvironment) {
  auto changed = event("k\"", "a\nb", 7);
  changed.mutable_prev_kv()->set_value("before");
  const Variables expected = {{"ETCD_WATCH_REVISION", "9"},
                              {"ETCD_WATCH_EVENT_TYPE", "\"PUT\""},
                              {"ETCD_WATCH_KEY", "\"k\\\"\""},
                              {"ETCD_WATCH_VALUE", "\"a\\nb\""},
                              {"KV_TYPE", "PUT"},
                              {"KV_KEY", "k\""},
                              {"KV_VALUE", "a\nb"},
                              {"KV_REV", "7"},
                              {"KV_PREV_VALUE", "before"}};
  EXPECT_EQ(variables_of(changed, 9), expected);
  EXPECT_FALSE(fits_environment(std::string("a\0b", 3)));
  EXPECT_FALSE(fits_environment(std::string(200'000, 'x')));
}

}  // namespace
}  // namespace tools::kvctl
