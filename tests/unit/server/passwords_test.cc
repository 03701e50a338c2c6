#include "libkv/server/passwords.h"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>

#include "libkv/server/password_thread.h"

namespace kv {
namespace {

TEST(Passwords, AreRightForTheirOwnHashOnly) {
  const auto hash = hash_password("secret", kBcryptCostMin);
  ASSERT_TRUE(hash);
  EXPECT_TRUE(hash->starts_with("$2a$04$")) << *hash;
  EXPECT_TRUE(is_password("secret", *hash));
  EXPECT_FALSE(is_password("Secret", *hash));
  EXPECT_FALSE(is_password("", *hash));
}

TEST(Passwords, HaveASaltEach) {
  EXPECT_NE(hash_password("secret", kBcryptCostMin), hash_password("secret", kBcryptCostMin));
}

TEST(Passwords, MayBeEmptyOrOfAnyBytesButZero) {
  EXPECT_TRUE(is_password("", *hash_password("", kBcryptCostMin)));
  const std::string odd = "\xff\xfe p\xc3\xa4ss\x01";
  EXPECT_TRUE(is_password(odd, *hash_password(odd, kBcryptCostMin)));
}

TEST(Passwords, ThatBcryptWouldCutAreNotHashed) {
  EXPECT_TRUE(is_hashable(std::string(kPasswordBytesMax, 'x')));
  EXPECT_FALSE(is_hashable(std::string(kPasswordBytesMax + 1, 'x')));
  EXPECT_FALSE(is_hashable(std::string_view("a\0b", 3)));
  const auto hash = hash_password("a", kBcryptCostMin);
  EXPECT_FALSE(is_password(std::string_view("a\0b", 3), *hash));
  const auto longest = hash_password(std::string(kPasswordBytesMax, 'x'), kBcryptCostMin);
  EXPECT_FALSE(is_password(std::string(kPasswordBytesMax + 1, 'x'), *longest));
}

TEST(Passwords, AreRightForNoHashThatIsNone) {
  EXPECT_FALSE(is_password("secret", ""));
  EXPECT_FALSE(is_password("secret", "$2a$10$tooshort"));
  EXPECT_FALSE(is_password("plain", "plain"));
}

/// A vector of bcrypt's own.
TEST(Passwords, HashAsOthersDo) {
  EXPECT_TRUE(is_password("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
}

TEST(PasswordThread, DoesOneAfterTheOther) {
  PasswordThread thread;
  std::promise<void> done;
  int sum = 0;
  for (int i = 1; i <= 10; ++i)
    ASSERT_TRUE(thread.add({.run = [&sum, i] { sum = 2 * sum + i; }, .dropped = {}}));
  ASSERT_TRUE(thread.add({.run = [&done] { done.set_value(); }, .dropped = {}}));
  done.get_future().wait();
  EXPECT_EQ(sum, 2036);
}

TEST(PasswordThread, RefusesWhatIsTooMuchAndDropsTheRestWhenItStops) {
  PasswordThread thread(2);
  std::promise<void> running;
  std::promise<void> go_on;
  std::promise<void> dropped[2];
  std::size_t drops = 0;
  ASSERT_TRUE(thread.add({.run =
                              [&] {
                                running.set_value();
                                go_on.get_future().wait();
                              },
                          .dropped = {}}));
  running.get_future().wait();
  const PasswordThread::Work waiting{.run = [] { ADD_FAILURE() << "it was stopped"; },
                                     .dropped = [&] { dropped[drops++].set_value(); }};
  EXPECT_TRUE(thread.add(waiting));
  EXPECT_TRUE(thread.add(waiting));
  EXPECT_FALSE(thread.add(waiting));
  std::thread stopper([&thread] { thread.stop(); });
  for (auto& one : dropped) one.get_future().wait();
  go_on.set_value();
  stopper.join();
  EXPECT_EQ(drops, 2U);
  EXPECT_FALSE(thread.add(waiting));
}

}  // namespace
}  // namespace kv
