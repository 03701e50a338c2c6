#include "libraft/base/checksum.h"

#include <gtest/gtest.h>

namespace raft {
namespace {

// The figure is part of every format on disk and on the wire: a change of library must not change it.
TEST(Checksum, IsTheSameForEver) {
  EXPECT_EQ(checksum(""), 0x2d06800538d394c2ULL);
  EXPECT_NE(checksum("a"), checksum("b"));
}

TEST(Checksum, DependsOnTheSeed) {
  EXPECT_NE(checksum("a", 1), checksum("a", 2));
}

}  // namespace
}  // namespace raft
