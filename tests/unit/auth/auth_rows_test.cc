#include "libkv/auth/auth_rows.h"

#include <gtest/gtest.h>

#include "libkv/mvcc/record.h"

namespace kv {
namespace {

using namespace std::string_literals;

const User kAlice{
    .name = "alice", .password_hash = "$2a$hash", .no_password = false, .roles = {"admin", "root"}};
const Role kReader{.name = "reader",
                   .permissions = {{PermissionType::kReadWrite, "a", "\0"s},
                                   {PermissionType::kRead, "a", "b"},
                                   {PermissionType::kWrite, "k", ""}}};

TEST(AuthRows, GiveBackWhatWasWritten) {
  for (const User& user : {kAlice, User{.name = "\0\xff"s, .password_hash = "", .no_password = true},
                           User{.name = std::string(1024, 'n'), .roles = {std::string(1024, 'r')}}}) {
    const auto [key, value] = user_row(user);
    const auto back = decode_user(key, value);
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(*back, user);
  }
  for (const Role& role : {kReader, Role{.name = "empty", .permissions = {}}}) {
    const auto [key, value] = role_row(role);
    const auto back = decode_role(key, value);
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(*back, role);
  }
  for (const AuthState& state : {AuthState{}, AuthState{.enabled = true, .revision = ~0ULL}}) {
    EXPECT_EQ(decode_auth_state(auth_state_row(state).second).value(), state);
  }
}

TEST(AuthRows, AreThoseInFormatMd) {
  const auto [user_at, user] = user_row(kAlice);
  EXPECT_EQ(user_at, "u/alice");
  EXPECT_EQ(user.substr(0, user.size() - 8),
            "\x01\x00\x08$2a$hash\x02\x05"
            "admin\x04root"s);
  const auto [role_at, role] = role_row(kReader);
  EXPECT_EQ(role_at, "o/reader");
  EXPECT_EQ(role.substr(0, role.size() - 8),
            "\x01\x03"
            "\x02\x01\x61\x01\x00"
            "\x00\x01\x61\x01\x62"
            "\x01\x01\x6b\x00"s);
  const auto [state_at, state] = auth_state_row({.enabled = true, .revision = 7});
  EXPECT_EQ(state_at, "k/auth");
  EXPECT_EQ(state.substr(0, state.size() - 8), "\x01\x01\x07\x00\x00\x00\x00\x00\x00\x00"s);
}

/// Every way to damage a row of one byte, and every way to cut it.
template <class Decode>
void expect_every_damage_seen(const std::string& value, const Decode& decode) {
  for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
    std::string bad = value;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode(bad)) << bit;
  }
  for (std::size_t size = 0; size < value.size(); ++size) EXPECT_FALSE(decode(value.substr(0, size))) << size;
  EXPECT_FALSE(decode(value + "x"));
}

TEST(AuthRows, EveryFlippedBitAndEveryCutIsSeen) {
  const auto user = user_row(kAlice);
  const auto role = role_row(kReader);
  expect_every_damage_seen(user.second,
                           [&](const std::string& value) { return decode_user(user.first, value); });
  expect_every_damage_seen(role.second,
                           [&](const std::string& value) { return decode_role(role.first, value); });
  expect_every_damage_seen(auth_state_row({.enabled = true, .revision = 3}).second,
                           [](const std::string& value) { return decode_auth_state(value); });
}

TEST(AuthRows, ARowIsOfItsOwnKeyOnly) {
  EXPECT_FALSE(decode_user("u/bob", user_row(kAlice).second));
  EXPECT_FALSE(decode_role("o/writer", role_row(kReader).second));
  EXPECT_FALSE(decode_user("u/", user_row(kAlice).second));
  EXPECT_FALSE(decode_role("u/reader", role_row(kReader).second));
}

TEST(AuthRows, AFaultSaysWhereAndNotWho) {
  auto row = user_row(kAlice);
  row.second[3] ^= 1;
  const auto damaged = decode_user(row.first, row.second);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, raft::ErrorCode::kCorruption);
  EXPECT_EQ(damaged.error().text().find("alice"), std::string::npos);
}

}  // namespace
}  // namespace kv
