// Who is admitted, and which keys are reached.
#include <gtest/gtest.h>

#include "libkv/auth/auth_table.h"

namespace kv {
namespace {

using namespace std::string_literals;

constexpr auto kRead = PermissionType::kRead;
constexpr auto kWrite = PermissionType::kWrite;

class Permissions : public ::testing::Test {
 protected:
  Permissions() {
    for (const auto* user : {"root", "alice"}) EXPECT_TRUE(table_.add_user({.name = user}));
    EXPECT_TRUE(table_.grant_role("root", "root"));
    for (const auto* role : {"one", "two"}) {
      EXPECT_TRUE(table_.add_role(role));
      EXPECT_TRUE(table_.grant_role("alice", role));
    }
    EXPECT_TRUE(table_.enable());
  }
  void grant(const std::string& role, PermissionType type, const std::string& key,
             const std::string& range_end = "") {
    EXPECT_TRUE(table_.grant_permission(role, {type, key, range_end}));
  }
  bool reads(const std::string& key, const std::string& range_end = "", const std::string& user = "alice") {
    return !table_.may({.user = user, .revision = table_.revision()}, kRead, key, range_end);
  }
  bool writes(const std::string& key, const std::string& range_end = "") {
    return !table_.may({.user = "alice", .revision = table_.revision()}, kWrite, key, range_end);
  }

  AuthTable table_;
};

TEST_F(Permissions, AreNoneUntilTheyAreGranted) {
  EXPECT_FALSE(reads("a"));
  EXPECT_EQ(table_.may({.user = "alice", .revision = 1}, kRead, "a", ""), KvError::kPermissionDenied);
}

TEST_F(Permissions, OneKeyIsOneKey) {
  grant("one", kRead, "b");
  EXPECT_TRUE(reads("b"));
  EXPECT_TRUE(reads("b", "b\0"s));
  EXPECT_FALSE(reads("b", "c"));
  EXPECT_FALSE(reads("b", "\0"s)) << "an open end is no more than the key (GHSA-xg4h-6gfc-h4m8)";
  EXPECT_FALSE(reads("ba"));
  EXPECT_FALSE(reads("a"));
}

TEST_F(Permissions, ARangeIsCoveredWholeOrNotAtAll) {
  grant("one", kRead, "b", "d");
  for (const auto& [key, end] :
       {std::pair{"b"s, "d"s}, {"b"s, "c"s}, {"c"s, "d"s}, {"c"s, ""s}, {"bz"s, "c"s}}) {
    EXPECT_TRUE(reads(key, end)) << key << " " << end;
  }
  for (const auto& [key, end] :
       {std::pair{"a"s, "c"s}, {"b"s, "d\0"s}, {"c"s, "e"s}, {"d"s, ""s}, {"e"s, "f"s}}) {
    EXPECT_FALSE(reads(key, end)) << key << " " << end;
  }
}

TEST_F(Permissions, OnlyAnOpenPermissionCoversAnOpenRange) {
  grant("one", kRead, "b", "\xff\xff\xff");
  EXPECT_FALSE(reads("b", "\0"s));
  grant("one", kRead, "b", "\0"s);
  EXPECT_TRUE(reads("b", "\0"s));
  EXPECT_TRUE(reads("\xff\xff\xff\xff"));
  EXPECT_FALSE(reads("a", "\0"s));
}

TEST_F(Permissions, NeighboursOfSeveralRolesAreTakenTogether) {
  grant("one", kRead, "a", "c");
  grant("two", kRead, "c", "e");
  grant("one", kRead, "e", "g");
  EXPECT_TRUE(reads("a", "g"));
  EXPECT_FALSE(reads("a", "g\0"s));
  EXPECT_TRUE(table_.revoke_permission("two", "c", "e").has_value());
  EXPECT_FALSE(reads("a", "g")) << "there is a hole";
  grant("two", kRead, "g", "\0"s);
  EXPECT_TRUE(reads("e", "\0"s));
}

TEST_F(Permissions, OverlapsOfSeveralRolesAreTakenTogether) {
  grant("one", kRead, "a", "d");
  grant("two", kRead, "b", "z");
  EXPECT_TRUE(reads("a", "z"));
}

TEST_F(Permissions, ReadingIsNotWriting) {
  grant("one", kRead, "r");
  grant("one", kWrite, "w");
  grant("two", PermissionType::kReadWrite, "b");
  EXPECT_TRUE(reads("r"));
  EXPECT_FALSE(writes("r"));
  EXPECT_TRUE(writes("w"));
  EXPECT_FALSE(reads("w"));
  EXPECT_TRUE(reads("b") && writes("b"));
}

TEST_F(Permissions, AnEmptyRangeNeedsItsKey) {
  grant("one", kRead, "b", "d");
  EXPECT_TRUE(reads("c", "b"));
  EXPECT_FALSE(reads("z", "b"));
}

TEST_F(Permissions, RootMayEverythingAndWhoIsGoneNothing) {
  EXPECT_TRUE(reads("anything", "\0"s, "root"));
  EXPECT_FALSE(reads("anything", "", "nobody"));
  EXPECT_TRUE(table_.grant_role("alice", "root").has_value());
  EXPECT_TRUE(reads("anything", "\0"s));
}

TEST_F(Permissions, EverythingIsAllowedWhileAuthenticationIsOff) {
  table_.disable();
  EXPECT_TRUE(reads("anything", "\0"s, "nobody"));
  EXPECT_EQ(table_.admit(std::nullopt), std::nullopt);
  EXPECT_EQ(table_.is_admin(std::nullopt), std::nullopt);
}

TEST_F(Permissions, WhoIsAdmitted) {
  EXPECT_EQ(table_.admit(std::nullopt), KvError::kUserEmpty);
  EXPECT_EQ(table_.admit(Principal{}), KvError::kUserEmpty);
  EXPECT_EQ(table_.admit(Principal{"alice", table_.revision()}), std::nullopt);
  EXPECT_EQ(table_.admit(Principal{"alice", table_.revision() - 1}), KvError::kAuthOldRevision);
  grant("one", kRead, "k");
  EXPECT_EQ(table_.admit(Principal{"alice", table_.revision() - 1}), KvError::kAuthOldRevision);
}

TEST_F(Permissions, WhoIsAnAdministrator) {
  EXPECT_EQ(table_.is_admin(std::nullopt), KvError::kUserEmpty);
  EXPECT_EQ(table_.is_admin(Principal{"root", 1}), std::nullopt) << "an old revision is no reason";
  EXPECT_EQ(table_.is_admin(Principal{"alice", table_.revision()}), KvError::kPermissionDenied);
  EXPECT_EQ(table_.is_admin(Principal{"gone", table_.revision()}), KvError::kUserNotFound);
}

}  // namespace
}  // namespace kv
