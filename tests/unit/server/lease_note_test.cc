#include "libkv/server/lease_note.h"

#include <gtest/gtest.h>

namespace kv {
namespace {

std::string note_bytes(std::initializer_list<int> bytes) {
  std::string out;
  for (const int byte : bytes) out += static_cast<char>(byte);
  return out;
}

TEST(LeaseNote, TheWorkedExampleOfTheFormatIsTrue) {
  LeaseNote note{.question = LeaseQuestion::kKeepAlive, .ticket = 3, .lease = 7};
  EXPECT_EQ(encode_note(note), note_bytes({1, 1, 3, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0}));
  note.answer = LeaseAnswer{.ttl = 60, .granted = 60};
  EXPECT_EQ(encode_note(note), note_bytes({1, 0x81, 3, 0, 0, 0, 0, 0, 0, 0,    7, 0, 0, 0, 0, 0, 0,
                                           0, 0x3c, 0, 0, 0, 0, 0, 0, 0, 0x3c, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(LeaseNote, DecodesWhatWasEncodedAndNothingElse) {
  LeaseNote note{.question = LeaseQuestion::kTimeToLive, .ticket = ~0ULL, .lease = -5};
  EXPECT_EQ(decode_note(encode_note(note)), note);
  note.answer = LeaseAnswer{.ttl = -1, .granted = 0};
  const std::string bytes = encode_note(note);
  EXPECT_EQ(decode_note(bytes), note);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_note(std::string_view(bytes).substr(0, size))) << size;
  }
  EXPECT_FALSE(decode_note(bytes + "x"));
}

TEST(LeaseNote, AnotherVersionAndAnotherKindAreIgnored) {
  std::string bytes = encode_note({.question = LeaseQuestion::kKeepAlive, .ticket = 1, .lease = 1});
  bytes[1] = 9;
  EXPECT_FALSE(decode_note(bytes));
  bytes[1] = 1;
  bytes[0] = 2;
  EXPECT_FALSE(decode_note(bytes));
}

}  // namespace
}  // namespace kv
