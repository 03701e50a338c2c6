#include "libraft/disk/manifest.h"

#include "libraft/base/bytes.h"

namespace raft {
namespace {

/// LevelDB's version_edit.cc; 8 was used once and is gone.
enum Tag : std::uint64_t {
  kComparator = 1,
  kLogNumber = 2,
  kNextFileNumber = 3,
  kLastSequence = 4,
  kCompactPointer = 5,
  kDeletedFile = 6,
  kNewFile = 7,
  kPrevLogNumber = 9,
};

void skip_varints(ByteReader& reader, int count) {
  for (int i = 0; i < count; ++i) (void)reader.varint();
}

}  // namespace

EditLogNumber log_number_of_edit(std::string_view edit) {
  EditLogNumber found;
  ByteReader reader(edit);
  while (reader.ok() && !reader.rest().empty()) {
    switch (reader.varint()) {
      case kComparator:
        (void)reader.bytes();
        break;
      case kLogNumber:
        found.log_number = reader.varint();
        break;
      case kNextFileNumber:
      case kLastSequence:
      case kPrevLogNumber:
        skip_varints(reader, 1);
        break;
      case kCompactPointer:
        skip_varints(reader, 1);
        (void)reader.bytes();
        break;
      case kDeletedFile:
        skip_varints(reader, 2);
        break;
      case kNewFile:
        skip_varints(reader, 3);
        (void)reader.bytes();
        (void)reader.bytes();
        break;
      default:
        return {.ok = false};
    }
  }
  found.ok = reader.ok();
  return found;
}

}  // namespace raft
