#include "tools/common/json_writer.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "libraft/base/base64.h"
#include "libraft/base/utf8.h"

namespace tools {

JsonWriter& JsonWriter::key(std::string_view name) {
  comma();
  append_string(name);
  out_ += ':';
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
  comma();
  append_string(text);
  return *this;
}

JsonWriter& JsonWriter::real(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return raw(text.data());
}

JsonWriter& JsonWriter::open(char bracket) {
  comma();
  out_ += bracket;
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_ += bracket;
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view text) {
  comma();
  out_ += text;
  return *this;
}

void JsonWriter::comma() {
  if (!first_) out_ += ',';
  first_ = false;
}

void JsonWriter::append_ascii(char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const bool html = c == '<' || c == '>' || c == '&';
  if (c == '"' || c == '\\') {
    out_ += '\\';
    out_ += c;
  } else if (c == '\n') {
    out_ += "\\n";
  } else if (c == '\r') {
    out_ += "\\r";
  } else if (c == '\t') {
    out_ += "\\t";
  } else if (static_cast<unsigned char>(c) < 0x20 || (html && escapes_ == JsonEscapes::kGo)) {
    out_ += "\\u00";
    out_ += kHex[static_cast<unsigned char>(c) >> 4];
    out_ += kHex[static_cast<unsigned char>(c) & 15];
  } else {
    out_ += c;
  }
}

void JsonWriter::append_string(std::string_view text) {
  out_ += '"';
  while (!text.empty()) {
    const std::size_t length = raft::utf8_length(text);
    const std::string_view sequence = text.substr(0, std::max<std::size_t>(length, 1));
    const bool separator = sequence == "\xe2\x80\xa8" || sequence == "\xe2\x80\xa9";
    if (length == 0) {
      out_ += "\\ufffd";
    } else if (length == 1) {
      append_ascii(text.front());
    } else if (separator && escapes_ == JsonEscapes::kGo) {
      out_ += sequence.back() == '\xa8' ? "\\u2028" : "\\u2029";
    } else {
      out_ += sequence;
    }
    text.remove_prefix(sequence.size());
  }
  out_ += '"';
}

JsonWriter& JsonWriter::member(std::string_view name, std::string_view bytes) {
  if (raft::is_utf8(bytes)) return key(name).string(bytes);
  return key(std::string(name) + "_b64").string(raft::base64_encode(bytes));
}

}  // namespace tools
