#include "libkv/server/point_note.h"

#include <gtest/gtest.h>

#include "libraft/base/bytes.h"

namespace kv {
namespace {

std::string whole_note(const PointNote& note) {
  return encode_note({.kind = NoteKind::kPoints, .body = encode_point_note(note)});
}
std::optional<PointNote> read_note(const std::string& bytes) {
  return decode_point_note(*decode_note(bytes));
}

/// Whether a member of the release that knew no version of the hash reads this note.
bool the_first_release_reads(const std::string& bytes) {
  raft::ByteReader reader(bytes);
  if (reader.u8() != 1 || reader.u8() != 5) return false;
  reader.u64();
  const std::uint64_t count = reader.varint();
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    reader.u64();
    reader.u64();
  }
  return count <= 64 && reader.done();
}

const std::string kOfTheFirstRelease("\x01\x05\x07\0\0\0\0\0\0\0\x01\x20\0\0\0\0\0\0\0\x11\0\0\0\0\0\0\0",
                                     27);
const PointNote kNote{.life = 7, .points = {{.index = raft::Index(32), .hash = 0x11}}, .hash_version = 1};

TEST(PointNote, TheWorkedExamplesOfTheFormatAreTrueAndNothingElseIsRead) {
  EXPECT_EQ(whole_note(kNote), kOfTheFirstRelease);
  PointNote note = kNote;
  note.hash_version = 2;
  const std::string bytes = whole_note(note);
  EXPECT_EQ(bytes, kOfTheFirstRelease + "\x02");
  EXPECT_EQ(read_note(bytes), note);
  for (std::size_t size = 2; size < kOfTheFirstRelease.size(); ++size) {
    EXPECT_FALSE(read_note(bytes.substr(0, size))) << size;
  }
  EXPECT_FALSE(read_note(bytes + "x"));
  EXPECT_FALSE(read_note(kOfTheFirstRelease + "\x01")) << "the first version is not named";
  EXPECT_FALSE(read_note(kOfTheFirstRelease + std::string("\0", 1)));
  EXPECT_FALSE(read_note(kOfTheFirstRelease + "\xff\xff\xff\xff\x1f")) << "above 32 bits";
  EXPECT_FALSE(read_note("\x01\x85" + kOfTheFirstRelease.substr(2))) << "an answer to what nobody asks";
  note.points.resize(kNotePointsMax + 1);
  EXPECT_FALSE(read_note(whole_note(note)));
}

TEST(PointNote, OneWithoutAVersionIsOfVersion1) {
  EXPECT_EQ(read_note(kOfTheFirstRelease), kNote);
}

TEST(PointNote, MembersOfTheFirstReleaseReadVersion1AndNoOther) {
  EXPECT_TRUE(the_first_release_reads(whole_note(kNote)));
  PointNote note = kNote;
  note.hash_version = 2;
  EXPECT_FALSE(the_first_release_reads(whole_note(note)));
}

}  // namespace
}  // namespace kv
