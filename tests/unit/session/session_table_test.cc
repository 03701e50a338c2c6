#include "libkv/session/session_table.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace kv {
namespace {

constexpr SessionId kOne{.birth = 10, .nonce = 1};
constexpr SessionId kTwo{.birth = 10, .nonce = 2};

/// A table and the rows that the state would hold.
class Kept : public ::testing::Test {
 protected:
  void use(const SessionLimits& limits) { table_ = SessionTable(limits); }

  void write(const SessionTag& tag, const std::string& result = "r") {
    ASSERT_EQ(standing(tag), "new");
    SessionTable::Changes changes = table_.keep(tag, next_++, result);
    for (const std::string& key : changes.removed) EXPECT_EQ(rows_.erase(key), 1U);
    for (auto& [key, value] : changes.put) rows_[key] = value;
  }

  std::string standing(const SessionTag& tag) { return standing_in(table_, tag); }

  std::string standing_in(const SessionTable& table, const SessionTag& tag) {
    const auto found = table.look(tag, next_);
    if (const auto* known = std::get_if<SessionTable::Known>(&found)) return std::string(known->result);
    if (std::holds_alternative<SessionTable::Forgotten>(found)) return "forgotten";
    return std::holds_alternative<SessionTable::Expired>(found) ? "expired" : "new";
  }

  SessionTable loaded() {
    const std::vector<SessionTable::Row> rows(rows_.begin(), rows_.end());
    auto table = SessionTable::from_rows(rows, next_ - 1, table_.limits());
    EXPECT_TRUE(table) << table.error().text();
    return std::move(*table);
  }

  SessionTable table_;
  std::map<std::string, std::string> rows_;
  std::uint64_t next_ = 11;
};

TEST_F(Kept, ARetryFindsTheFirstResult) {
  write({kOne, 1}, "first");
  write({kOne, 2}, "second");
  write({kTwo, 1}, "other");
  EXPECT_EQ(standing({kOne, 1}), "first");
  EXPECT_EQ(standing({kOne, 2}), "second");
  EXPECT_EQ(standing({kTwo, 1}), "other");
  EXPECT_EQ(standing({kTwo, 2}), "new");
}

TEST_F(Kept, WritesOfOneSessionMayComeInAnyOrder) {
  write({kOne, 3}, "third");
  write({kOne, 1}, "first");
  write({kOne, 2}, "second");
  EXPECT_EQ(standing({kOne, 1}), "first");
  EXPECT_EQ(standing({kOne, 3}), "third");
}

TEST_F(Kept, WhatWasAcknowledgedIsForgottenAndNotMadeAgain) {
  write({kOne, 1});
  write({kOne, 2});
  write({kOne, 3, 2}, "third");
  EXPECT_EQ(standing({kOne, 1}), "forgotten");
  EXPECT_EQ(standing({kOne, 2}), "forgotten");
  EXPECT_EQ(standing({kOne, 3, 2}), "third");
  EXPECT_EQ(rows_.size(), 1U);
}

TEST_F(Kept, ANumberThatIsFarBehindIsForgotten) {
  use({.sequences_max = 4});
  for (std::uint64_t sequence : {1, 2, 4, 5, 6}) write({kOne, sequence}, std::to_string(sequence));
  EXPECT_EQ(standing({kOne, 2}), "forgotten");
  EXPECT_EQ(standing({kOne, 3}), "new");
  EXPECT_EQ(standing({kOne, 4}), "4");
  write({kOne, 100}, "100");
  EXPECT_EQ(standing({kOne, 6}), "forgotten");
  EXPECT_EQ(standing({kOne, 96}), "forgotten");
  EXPECT_EQ(rows_.size(), 1U);
}

TEST_F(Kept, TheSessionThatWasNotUsedForLongestGoesFirst) {
  use({.sessions_max = 2});
  write({kOne, 1});
  write({kTwo, 1});
  write({kOne, 2});
  const SessionId three{.birth = 12, .nonce = 3};
  write({three, 1});
  EXPECT_EQ(standing({kTwo, 1}), "expired");
  EXPECT_EQ(standing({kTwo, 2}), "expired");
  EXPECT_EQ(standing({kOne, 1}), "r");
  EXPECT_EQ(standing({three, 1}), "r");
  EXPECT_EQ(table_.sessions(), 2U);
}

TEST_F(Kept, ASessionThatIsYoungerThanAllThatWentIsNew) {
  use({.sessions_max = 1});
  write({kOne, 1});  // entry 11
  write({kTwo, 1});
  EXPECT_EQ(standing({{.birth = 10, .nonce = 3}, 1}), "expired");
  EXPECT_EQ(standing({{.birth = 11, .nonce = 3}, 1}), "new");
}

TEST_F(Kept, ASessionFromTheFutureIsOfAnotherLife) {
  EXPECT_EQ(standing({{.birth = next_, .nonce = 3}, 1}), "expired");
  EXPECT_EQ(standing({{.birth = next_ - 1, .nonce = 3}, 1}), "new");
}

TEST_F(Kept, AllResultsTogetherAreBounded) {
  use({.bytes_max = 2000});
  for (std::uint64_t nonce = 0; nonce < 100; ++nonce) {
    write({{.birth = next_ - 1, .nonce = nonce}, 1}, std::string(300, 'x'));
    EXPECT_LE(table_.bytes(), 2000U);
  }
  EXPECT_EQ(table_.sessions(), 4U);
  EXPECT_EQ(rows_.size(), 5U);  // and the horizon
}

TEST_F(Kept, TheTableIsTheSameWhenItIsLoadedFromItsRows) {
  use({.sessions_max = 2, .sequences_max = 4});
  const SessionId three{.birth = 14, .nonce = 3};
  std::vector<SessionTag> tags{{kOne, 1},  {kTwo, 1},  {kTwo, 4}, {kTwo, 3, 1},
                               {three, 7}, {three, 2}, {three, 5}};
  for (const SessionTag& tag : tags) {
    if (standing(tag) == "new") write(tag, std::to_string(tag.sequence));
    const SessionTable again = loaded();
    EXPECT_EQ(again.bytes(), table_.bytes());
    EXPECT_TRUE(again == table_);
    for (const SessionId& id : {kOne, kTwo, three}) {
      for (std::uint64_t sequence = 1; sequence < 9; ++sequence) {
        EXPECT_EQ(standing_in(again, {id, sequence}), standing({id, sequence}))
            << id.nonce << " " << sequence;
      }
    }
  }
  EXPECT_EQ(standing({kOne, 1}), "expired");
}

TEST_F(Kept, RowsThatContradictEachOtherAreRefused) {
  const auto rows_of = [](const SessionRow& a, const SessionRow& b) {
    return std::vector<SessionTable::Row>{session_row(a), session_row(b)};
  };
  const SessionRow one{.session = kOne, .sequence = 1, .used = 20};
  EXPECT_FALSE(SessionTable::from_rows(rows_of(one, {.session = kTwo, .sequence = 1, .used = 20}), 30));
  EXPECT_FALSE(SessionTable::from_rows(rows_of(one, {.session = kTwo, .sequence = 1, .used = 31}), 30));
  EXPECT_TRUE(SessionTable::from_rows(rows_of(one, {.session = kTwo, .sequence = 1, .used = 30}), 30));
}

}  // namespace
}  // namespace kv
