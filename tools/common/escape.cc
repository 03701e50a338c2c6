#include "tools/common/escape.h"

#include <cstdint>

#include "libraft/base/utf8.h"

namespace tools {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::uint8_t byte(char c) {
  return static_cast<std::uint8_t>(c);
}

void append_hex_byte(std::string& out, char c) {
  out += kHexDigits[byte(c) >> 4];
  out += kHexDigits[byte(c) & 15];
}

void append_utf8(std::string& out, std::uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xc0 | (point >> 6));
    out += static_cast<char>(0x80 | (point & 63));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xe0 | (point >> 12));
    out += static_cast<char>(0x80 | ((point >> 6) & 63));
    out += static_cast<char>(0x80 | (point & 63));
  } else {
    out += static_cast<char>(0xf0 | (point >> 18));
    out += static_cast<char>(0x80 | ((point >> 12) & 63));
    out += static_cast<char>(0x80 | ((point >> 6) & 63));
    out += static_cast<char>(0x80 | (point & 63));
  }
}

/// `count` digits of base `base` at the front of `text`.
std::optional<std::uint32_t> take_number(std::string_view& text, std::size_t count, int base) {
  if (text.size() < count) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const int digit = digit_value(text[i]);
    if (digit < 0 || digit >= base) return std::nullopt;
    value = value * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit);
  }
  text.remove_prefix(count);
  return value;
}

bool append_byte_escape(std::string& out, std::string_view& text, std::size_t count, int base) {
  const auto value = take_number(text, count, base);
  if (!value || *value > 255) return false;
  out += static_cast<char>(*value);
  return true;
}

bool append_rune_escape(std::string& out, std::string_view& text, std::size_t count) {
  const auto point = take_number(text, count, 16);
  if (!point || *point > 0x10ffff || (*point >= 0xd800 && *point < 0xe000)) return false;
  append_utf8(out, *point);
  return true;
}

/// The one character that a simple escape stands for; 0 when `c` starts none.
char simple_escape(char c) {
  constexpr std::string_view kNames = "abfnrtv\\\"";
  constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\\"";
  const auto at = kNames.find(c);
  return at == std::string_view::npos ? '\0' : kValues[at];
}

/// What follows a backslash.
bool append_escape(std::string& out, std::string_view& text) {
  if (text.empty()) return false;
  const char c = text.front();
  if (c >= '0' && c <= '7') return append_byte_escape(out, text, 3, 8);
  text.remove_prefix(1);
  if (const char simple = simple_escape(c); simple != '\0') {
    out += simple;
    return true;
  }
  if (c == 'x') return append_byte_escape(out, text, 2, 16);
  if (c == 'u') return append_rune_escape(out, text, 4);
  if (c == 'U') return append_rune_escape(out, text, 8);
  return false;
}

void append_quoted_ascii(std::string& out, char c) {
  constexpr std::string_view kNames = "abtnvfr";  // from 0x07 on
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (c >= 0x07 && c <= 0x0d) {
    out += '\\';
    out += kNames[static_cast<std::size_t>(c - 0x07)];
  } else if (c >= 0x20 && c < 0x7f) {
    out += c;
  } else {
    out += "\\x";
    append_hex_byte(out, c);
  }
}

/// C1 controls, the soft hyphen and the separators are the unprintable ones that occur in keys; Go escapes
/// them.
bool is_printable_rune(std::string_view sequence) {
  if (sequence.size() == 2 && byte(sequence[0]) == 0xc2) {
    return byte(sequence[1]) > 0xa0 && byte(sequence[1]) != 0xad;
  }
  if (sequence.size() == 3 && sequence.starts_with("\xe2\x80"))
    return byte(sequence[2]) >= 0x90 && byte(sequence[2]) < 0xa8;
  return sequence != "\xef\xbb\xbf";
}

void append_quoted_rune(std::string& out, std::string_view sequence) {
  if (is_printable_rune(sequence)) {
    out += sequence;
    return;
  }
  std::uint32_t point = byte(sequence[0]) & (sequence.size() == 2 ? 0x1f : 0x0f);
  for (const char c : sequence.substr(1)) point = (point << 6) | (byte(c) & 63);
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHexDigits[(point >> shift) & 15];
}

}  // namespace

std::string hex_escape(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 4);
  for (const char c : bytes) {
    out += "\\x";
    append_hex_byte(out, c);
  }
  return out;
}

std::optional<std::string> hex_decode(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text.starts_with("\\x")) text.remove_prefix(2);
    const auto value = take_number(text, 2, 16);
    if (!value) return std::nullopt;
    out += static_cast<char>(*value);
  }
  return out;
}

std::string quote(std::string_view bytes) {
  std::string out = "\"";
  out.reserve(bytes.size() + 2);
  while (!bytes.empty()) {
    const std::size_t length = raft::utf8_length(bytes);
    if (length <= 1) {
      append_quoted_ascii(out, bytes.front());
      bytes.remove_prefix(1);
    } else {
      append_quoted_rune(out, bytes.substr(0, length));
      bytes.remove_prefix(length);
    }
  }
  return out += '"';
}

std::optional<std::string> unquote(std::string_view& text) {
  std::string_view rest = text;
  if (!rest.starts_with('"')) return std::nullopt;
  rest.remove_prefix(1);
  std::string out;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '"') {
      text = rest;
      return out;
    }
    if (c != '\\') {
      out += c;
    } else if (!append_escape(out, rest)) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace tools
