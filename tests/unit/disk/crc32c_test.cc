#include "libraft/disk/crc32c.h"

#include <gtest/gtest.h>

#include <string>

namespace raft {
namespace {

TEST(Crc32c, IsTheOneOfRfc3720) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(Crc32c, UnmaskingUndoesMasking) {
  for (const std::uint32_t crc : {0U, 1U, 0xffffffffU, 0xe3069283U}) {
    EXPECT_NE(masked(crc), crc);
    EXPECT_EQ(unmasked(masked(crc)), crc);
  }
}

TEST(Crc32c, AFlippedBitChangesItByItsShiftedOne) {
  const std::string text = "some bytes of any kind";
  std::uint32_t syndrome = 1;
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    syndrome = crc32c_shift(syndrome);
    std::string flipped = text;
    char& byte = flipped[text.size() - 1 - bit / 8];
    byte = static_cast<char>(byte ^ (0x80 >> (bit % 8)));
    EXPECT_EQ(crc32c(text) ^ crc32c(flipped), syndrome) << "bit " << bit << " from the end";
  }
}

}  // namespace
}  // namespace raft
