#include "libkv/watch/event.h"

#include <gtest/gtest.h>

#include "libkv/api/proto/kv.pb.h"
#include "tests/unit/watch/changes.h"

namespace kv {
namespace {

mvccpb::Event parsed(std::string_view bytes) {
  mvccpb::Event event;
  EXPECT_TRUE(event.ParseFromString(std::string(bytes)));
  return event;
}

TEST(Events, PutIsEncodedWithWhatWasBeforeBehindIt) {
  const auto events = to_events({put_at(9, "foo", "new", key_value("foo", "old", 3, 5, 2))});
  ASSERT_EQ(events.size(), 1U);
  const Event& event = events[0].events.at(0);
  EXPECT_FALSE(event.creates);
  const mvccpb::Event plain = parsed(event.message(false));
  EXPECT_EQ(plain.type(), mvccpb::Event::PUT);
  EXPECT_EQ(plain.kv().key(), "foo");
  EXPECT_EQ(plain.kv().value(), "new");
  EXPECT_EQ(plain.kv().create_revision(), 3);
  EXPECT_EQ(plain.kv().mod_revision(), 9);
  EXPECT_EQ(plain.kv().version(), 3);
  EXPECT_FALSE(plain.has_prev_kv());
  const mvccpb::Event whole = parsed(event.message(true));
  EXPECT_EQ(whole.kv().value(), "new");
  EXPECT_EQ(whole.prev_kv().value(), "old");
  EXPECT_EQ(whole.prev_kv().mod_revision(), 5);
}

TEST(Events, DeletionHasOnlyKeyAndRevision) {
  const auto events = to_events({delete_at(4, "foo", key_value("foo", "old", 3, 3, 1))});
  const mvccpb::Event event = parsed(events.at(0).events.at(0).message(false));
  EXPECT_EQ(event.type(), mvccpb::Event::DELETE);
  EXPECT_EQ(event.kv().key(), "foo");
  EXPECT_EQ(event.kv().mod_revision(), 4);
  EXPECT_EQ(event.kv().create_revision(), 0);
  EXPECT_EQ(event.kv().version(), 0);
}

TEST(Events, ChangesOfOneRevisionStayTogether) {
  Change second = put_at(2, "b");
  second.revision.sub = 1;
  const auto events = to_events({put_at(2, "a"), second, put_at(3, "a")});
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].revision, 2);
  EXPECT_EQ(events[0].events.size(), 2U);
  EXPECT_TRUE(events[0].events[1].creates);
  EXPECT_EQ(events[1].revision, 3);
  EXPECT_GT(events[0].bytes, events[1].bytes);
}

}  // namespace
}  // namespace kv
