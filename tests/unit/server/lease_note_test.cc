#include "libkv/server/lease_note.h"

#include <gtest/gtest.h>

namespace kv {
namespace {

std::string note_bytes(std::initializer_list<int> bytes) {
  std::string out;
  for (const int byte : bytes) out += static_cast<char>(byte);
  return out;
}

std::string whole(const LeaseNote& note) {
  return encode_note({.kind = static_cast<NoteKind>(note.question),
                      .answer = note.answer.has_value(),
                      .body = encode_lease_note(note)});
}

TEST(LeaseNote, TheWorkedExampleOfTheFormatIsTrue) {
  LeaseNote note{.question = LeaseQuestion::kKeepAlive, .ticket = 3, .lease = 7};
  EXPECT_EQ(whole(note), note_bytes({1, 1, 3, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0}));
  note.answer = LeaseAnswer{.ttl = 60, .granted = 60};
  EXPECT_EQ(whole(note), note_bytes({1, 0x81, 3, 0, 0, 0, 0, 0, 0, 0,    7, 0, 0, 0, 0, 0, 0,
                                     0, 0x3c, 0, 0, 0, 0, 0, 0, 0, 0x3c, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(LeaseNote, DecodesWhatWasEncodedAndNothingElse) {
  LeaseNote note{.question = LeaseQuestion::kTimeToLive, .ticket = ~0ULL, .lease = -5};
  EXPECT_EQ(decode_lease_note(*decode_note(whole(note))), note);
  note.answer = LeaseAnswer{.ttl = -1, .granted = 0};
  const std::string bytes = whole(note);
  EXPECT_EQ(decode_lease_note(*decode_note(bytes)), note);
  for (std::size_t size = 2; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_lease_note(*decode_note(std::string_view(bytes).substr(0, size)))) << size;
  }
  EXPECT_FALSE(decode_lease_note(*decode_note(bytes + "x")));
}

}  // namespace
}  // namespace kv
