#include "libkv/server/token_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <thread>
#include <vector>

namespace kv {
namespace {

using raft::Index;
using std::chrono::seconds;

constexpr std::string_view kLetters = "abcdefghijklmnop";

class Tokens : public ::testing::Test {
 protected:
  void add(std::string_view letters, const std::string& user, std::uint64_t index) {
    table.add(digest_of_letters(letters), user, Index(index), now);
  }
  std::optional<std::string> user_of(const std::string& text) {
    const auto token = Token::parse(text);
    if (!token) return std::nullopt;
    return table.use(*token, now);
  }

  TokenTable::Clock::time_point now{seconds(1000)};
  TokenTable table{{.ttl = seconds(10), .tokens_max = 3}};
};

TEST(Token, IsSixteenLettersAndAnIndex) {
  const auto token = Token::parse("abcdefghijklmnop.42");
  ASSERT_TRUE(token);
  EXPECT_EQ(token->letters, kLetters);
  EXPECT_EQ(token->index, Index(42));
  EXPECT_EQ(token->digest(), digest_of_letters(kLetters));
  EXPECT_TRUE(Token::parse("abcdefghijklmnop.18446744073709551615"));
}

TEST(Token, IsNothingElse) {
  for (const std::string& text : std::vector<std::string>{
           "", ".", "abcdefghijklmnop", "abcdefghijklmnop.", "abcdefghijklmnop.x", "abcdefghijklmnop.1x",
           "abcdefghijklmnop.-1", "abcdefghijklmnop.+1", "abcdefghijklmno.1", "abcdefghijklmnopq.1",
           "abcdefghijklmnop.1.2", "abcdefghijklmnop.18446744073709551616", "abcdefghijklmnop. 1"}) {
    EXPECT_FALSE(Token::parse(text)) << text;
  }
  EXPECT_FALSE(Token::parse(std::string(1 << 20, 'a') + ".1"));
  EXPECT_FALSE(Token::parse("abcdefghijklmnop." + std::string(1 << 20, '1')));
}

TEST(Token, HasLettersThatNobodyGuesses) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto letters = new_token_letters();
    ASSERT_TRUE(letters);
    EXPECT_EQ(letters->size(), 16U);
    EXPECT_TRUE(std::ranges::all_of(*letters, [](unsigned char c) { return std::isalpha(c) != 0; }));
    seen.insert(*letters);
  }
  EXPECT_EQ(seen.size(), 1000U);
}

TEST_F(Tokens, TellWhoseTheyAre) {
  add(kLetters, "alice", 7);
  EXPECT_EQ(user_of("abcdefghijklmnop.7"), "alice");
  EXPECT_EQ(user_of("abcdefghijklmnop.8"), std::nullopt) << "another index is another token";
  EXPECT_EQ(user_of("bbcdefghijklmnop.7"), std::nullopt);
  EXPECT_EQ(table.index_of(digest_of_letters(kLetters)), Index(7));
  EXPECT_EQ(table.index_of(digest_of_letters("bbcdefghijklmnop")), std::nullopt);
}

TEST_F(Tokens, LiveForAsLongAsTheyAreUsed) {
  add(kLetters, "alice", 7);
  for (int i = 0; i < 10; ++i) {
    now += seconds(9);
    EXPECT_EQ(user_of("abcdefghijklmnop.7"), "alice") << i;
    table.expire(now);
  }
  now += seconds(10);
  EXPECT_EQ(user_of("abcdefghijklmnop.7"), std::nullopt);
  EXPECT_EQ(table.size(), 1U);
  table.expire(now);
  EXPECT_EQ(table.size(), 0U);
}

TEST_F(Tokens, OfAUserGoTogether) {
  add("aaaaaaaaaaaaaaaa", "alice", 1);
  add("bbbbbbbbbbbbbbbb", "bob", 2);
  add("cccccccccccccccc", "alice", 3);
  table.drop_user("alice");
  EXPECT_EQ(user_of("aaaaaaaaaaaaaaaa.1"), std::nullopt);
  EXPECT_EQ(user_of("bbbbbbbbbbbbbbbb.2"), "bob");
  EXPECT_EQ(user_of("cccccccccccccccc.3"), std::nullopt);
  table.clear();
  EXPECT_EQ(user_of("bbbbbbbbbbbbbbbb.2"), std::nullopt);
}

TEST_F(Tokens, TheOldestGoesWhenThereAreTooMany) {
  add("aaaaaaaaaaaaaaaa", "alice", 1);
  add("bbbbbbbbbbbbbbbb", "bob", 2);
  table.drop_user("bob");
  add("bbbbbbbbbbbbbbbb", "bob", 3);
  add("cccccccccccccccc", "carol", 4);
  EXPECT_EQ(user_of("aaaaaaaaaaaaaaaa.1"), "alice");
  add("dddddddddddddddd", "dan", 5);
  EXPECT_EQ(user_of("aaaaaaaaaaaaaaaa.1"), std::nullopt);
  EXPECT_EQ(user_of("bbbbbbbbbbbbbbbb.3"), "bob");
  EXPECT_EQ(table.size(), 3U);
}

TEST_F(Tokens, AreUsedByManyThreadsWhileTheyChange) {
  std::vector<std::jthread> threads;
  for (int reader = 0; reader < 3; ++reader) {
    threads.emplace_back([this] {
      const Token token{.letters = kLetters, .index = Index(7)};
      for (int i = 0; i < 2000; ++i) {
        const auto user = table.use(token, now);
        EXPECT_TRUE(!user || *user == "alice");
      }
    });
  }
  for (int i = 0; i < 500; ++i) {
    add(kLetters, "alice", 7);
    table.expire(now);
    if (i % 3 == 0) table.drop_user("alice");
  }
}

}  // namespace
}  // namespace kv
