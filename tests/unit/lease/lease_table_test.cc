#include "libkv/lease/lease_table.h"

#include <gtest/gtest.h>

namespace kv {
namespace {

using Keys = std::vector<std::string>;

TEST(LeaseTable, ALeaseIsAddedOnceAndRemovedOnce) {
  LeaseTable table;
  EXPECT_TRUE(table.add({.id = 5, .ttl = 10}));
  EXPECT_FALSE(table.add({.id = 5, .ttl = 99}));
  EXPECT_EQ(table.find(5), (LeaseInfo{.id = 5, .ttl = 10}));
  EXPECT_TRUE(table.remove(5));
  EXPECT_FALSE(table.remove(5));
  EXPECT_FALSE(table.find(5));
}

TEST(LeaseTable, ItsKeysComeInOrderWhateverTheOrderTheyCameIn) {
  LeaseTable table;
  ASSERT_TRUE(table.add({.id = 1, .ttl = 10}));
  for (const char* key : {"c", "a", "b", "a"}) table.attach(1, key);
  EXPECT_EQ(table.keys_of(1), (Keys{"a", "b", "c"}));
  table.detach(1, "b");
  table.detach(1, "never there");
  EXPECT_EQ(table.keys_of(1), (Keys{"a", "c"}));
}

TEST(LeaseTable, KeysOfALeaseThatDoesNotExistAreNobodys) {
  LeaseTable table;
  table.attach(9, "key");
  table.detach(9, "key");
  EXPECT_EQ(table.keys_of(9), Keys{});
  EXPECT_FALSE(table.exists(9));
}

TEST(LeaseTable, WhatRemainsIsKeptUntilItIsToldAnew) {
  LeaseTable table;
  ASSERT_TRUE(table.add({.id = 1, .ttl = 600}));
  EXPECT_TRUE(table.set_remaining(1, 200));
  EXPECT_EQ(table.find(1)->remaining, 200);
  EXPECT_TRUE(table.set_remaining(1, 0));
  EXPECT_EQ(table.find(1)->remaining, 0);
  EXPECT_FALSE(table.set_remaining(2, 5));
}

TEST(LeaseTable, ListsLeasesByTheirIds) {
  LeaseTable table;
  for (const std::int64_t id : {7, -3, 2}) ASSERT_TRUE(table.add({.id = id, .ttl = id + 10}));
  const auto all = table.list();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].id, -3);
  EXPECT_EQ(all[2].ttl, 17);
}

}  // namespace
}  // namespace kv
