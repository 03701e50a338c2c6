#include "libkv/session/session_row.h"

#include <gtest/gtest.h>

#include <limits>

namespace kv {
namespace {

constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();

const SessionRow kSample{.session = {.birth = 5, .nonce = 0x0102030405060708},
                         .sequence = 3,
                         .used = 300,
                         .forgotten = 2,
                         .result = "result"};

TEST(SessionRow, GivesBackWhatWasWritten) {
  for (const SessionRow& row : {kSample, SessionRow{},
                                SessionRow{.session = {.birth = kLargest, .nonce = kLargest},
                                           .sequence = kLargest,
                                           .used = kLargest,
                                           .forgotten = kLargest,
                                           .result = std::string(300, '\0')}}) {
    const auto [key, value] = session_row(row);
    const auto back = decode_session(key, value);
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(*back, row);
  }
  const auto [key, value] = session_horizon_row(77);
  EXPECT_EQ(key, kSessionPrefix);
  EXPECT_EQ(decode_session_horizon(value).value(), 77U);
}

TEST(SessionRow, IsTheOneInFormatMd) {
  const auto [key, value] = session_row(kSample);
  EXPECT_EQ(key, std::string("s/\0\0\0\0\0\0\0\x05\1\2\3\4\5\6\7\x08\0\0\0\0\0\0\0\3", 26));
  EXPECT_EQ(value.substr(0, value.size() - 8), std::string("\1\xac\2\2\6result"));
}

TEST(SessionRow, EveryFlippedBitAndEveryCutIsSeen) {
  const auto [key, value] = session_row(kSample);
  for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
    std::string bad = value;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode_session(key, bad)) << bit;
  }
  for (std::size_t size = 0; size < value.size(); ++size) {
    EXPECT_FALSE(decode_session(key, std::string_view(value).substr(0, size))) << size;
  }
  EXPECT_FALSE(decode_session(key, value + "x"));
  EXPECT_FALSE(decode_session("s/short", value));
}

TEST(SessionRow, TheRowOfAnotherWriteIsNotTakenForIt) {
  const auto [key, value] = session_row(kSample);
  const auto moved = decode_session(session_key(kSample.session, 4), value);
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code, raft::ErrorCode::kCorruption);
}

}  // namespace
}  // namespace kv
