// Protobuf's wire format, written by hand for the responses of the hot paths: one description of a message
// runs against a sink that counts, then against one that writes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace kv {

/// Bytes of a base-128 varint.
constexpr std::size_t varint_size(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1U)) + 6) / 7;
}

/// Field numbers below 16, whose tag is one byte: all that the responses have.
template <std::uint32_t kField>
concept SmallField = kField >= 1 && kField <= 15;

/// Counts what WriteSink would write.
class SizeSink {
 public:
  /// Absent when zero, as proto3 has it. Negative numbers as their 64-bit two's complement.
  template <std::uint32_t kField>
    requires SmallField<kField>
  void number(std::uint64_t value) {
    if (value != 0) bytes_ += 1 + varint_size(value);
  }
  template <std::uint32_t kField>
    requires SmallField<kField>
  void text(std::string_view value) {
    if (!value.empty()) bytes_ += 1 + varint_size(value.size()) + value.size();
  }
  /// Present even when empty: absent and empty messages differ.
  template <std::uint32_t kField, class Body>
    requires SmallField<kField>
  void message(const Body& body) {
    SizeSink inner;
    body(inner);
    bytes_ += 1 + varint_size(inner.bytes_) + inner.bytes_;
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

/// Writes into memory that SizeSink has measured.
class WriteSink {
 public:
  explicit WriteSink(char* to) : to_(to) {}

  template <std::uint32_t kField>
    requires SmallField<kField>
  void number(std::uint64_t value) {
    if (value == 0) return;
    byte(kField << 3U);
    varint(value);
  }
  template <std::uint32_t kField>
    requires SmallField<kField>
  void text(std::string_view value) {
    if (value.empty()) return;
    byte(kField << 3U | kDelimited);
    varint(value.size());
    std::memcpy(to_, value.data(), value.size());
    to_ += value.size();
  }
  template <std::uint32_t kField, class Body>
    requires SmallField<kField>
  void message(const Body& body) {
    SizeSink inner;
    body(inner);
    byte(kField << 3U | kDelimited);
    varint(inner.bytes());
    body(*this);
  }
  [[nodiscard]] const char* end() const { return to_; }

 private:
  static constexpr std::uint32_t kDelimited = 2;

  void byte(std::uint64_t value) { *to_++ = static_cast<char>(value); }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) byte(value | 0x80U);
    byte(value);
  }

  char* to_;
};

}  // namespace kv
