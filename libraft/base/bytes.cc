#include "libraft/base/bytes.h"

#include <bit>
#include <cstring>

namespace raft {
namespace {

static_assert(std::endian::native == std::endian::little, "formats are written with the native byte order");

template <class T>
void append_raw(std::string& out, T value) {
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  out.append(raw, sizeof(T));
}

template <class T>
T read_raw(std::string_view bytes) {
  T value{};
  if (bytes.size() == sizeof(T)) std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

}  // namespace

void append_big_endian(std::string& out, std::uint64_t value) {
  append_raw(out, __builtin_bswap64(value));
}

std::uint64_t read_big_endian(std::string_view bytes) {
  return __builtin_bswap64(read_raw<std::uint64_t>(bytes.substr(0, 8)));
}

void ByteWriter::u8(std::uint8_t value) {
  append_raw(out_, value);
}
void ByteWriter::u32(std::uint32_t value) {
  append_raw(out_, value);
}
void ByteWriter::u64(std::uint64_t value) {
  append_raw(out_, value);
}

void ByteWriter::varint(std::uint64_t value) {
  while (value >= 0x80) {
    u8(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  u8(static_cast<std::uint8_t>(value));
}

void ByteWriter::bytes(std::string_view value) {
  varint(value.size());
  out_.append(value);
}

std::string_view ByteReader::take(std::size_t count) {
  if (!ok_ || count > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  std::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::uint8_t ByteReader::u8() {
  return read_raw<std::uint8_t>(take(1));
}
std::uint32_t ByteReader::u32() {
  return read_raw<std::uint32_t>(take(4));
}
std::uint64_t ByteReader::u64() {
  return read_raw<std::uint64_t>(take(8));
}

std::uint64_t ByteReader::varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const std::uint8_t byte = u8();
    if (!ok_) return 0;
    if (shift == 63 && byte > 1) break;  // more than 64 bits
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  ok_ = false;
  return 0;
}

std::string_view ByteReader::bytes() {
  const std::uint64_t length = varint();
  return take(length > rest_.size() ? rest_.size() + 1 : static_cast<std::size_t>(length));
}

}  // namespace raft
