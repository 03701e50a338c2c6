// Reading and writing fixed-width integers and length-prefixed bytes, with bounds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace raft {

/// Appends `value` big-endian: for keys, whose byte order must be their numeric order.
void append_big_endian(std::string& out, std::uint64_t value);
/// The eight big-endian bytes at `bytes`. Requires bytes.size() >= 8.
std::uint64_t read_big_endian(std::string_view bytes);

/// Appends little-endian integers and length-prefixed byte strings to a string.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  void u8(std::uint8_t value);
  void u32(std::uint32_t value);
  void u64(std::uint64_t value);
  void i64(std::int64_t value) { u64(static_cast<std::uint64_t>(value)); }
  /// LEB128: seven bits a byte, low first; at most ten bytes.
  void varint(std::uint64_t value);
  /// A varint length, then the bytes.
  void bytes(std::string_view value);

 private:
  std::string& out_;
};

/// Reads what ByteWriter wrote. A read past the end gives zero or nothing and latches ok() to false; callers
/// read a whole structure and check once.
class ByteReader {
 public:
  explicit ByteReader(std::string_view input) : rest_(input) {}

  std::uint8_t u8();
  std::uint32_t u32();
  std::uint64_t u64();
  std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
  std::uint64_t varint();
  /// A view into the input; lives as long as the input.
  std::string_view bytes();

  /// The caller found a value that cannot be: latches ok() to false like a read past the end.
  void reject() {
    ok_ = false;
    rest_ = {};
  }

  /// True until a read went past the end, met a malformed varint, or the caller rejected a value.
  [[nodiscard]] bool ok() const { return ok_; }
  /// True when every byte was read and every read was good.
  [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view take(std::size_t count);

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace raft
