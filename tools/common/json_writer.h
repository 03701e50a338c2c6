// JSON text, written piece by piece.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tools {

/// How strings are escaped: kGo also escapes < > & and the line separators, as Go's encoding/json does.
enum class JsonEscapes { kPlain, kGo };

/// Commas and quotes are the writer's business; well-formedness beyond that is the caller's.
class JsonWriter {
 public:
  explicit JsonWriter(JsonEscapes escapes = JsonEscapes::kPlain) : escapes_(escapes) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  /// Bytes that are not UTF-8 become U+FFFD.
  JsonWriter& string(std::string_view text);
  /// A member of the object: `name` and the text, or where it is not UTF-8 `name`_b64 and its base64.
  JsonWriter& member(std::string_view name, std::string_view bytes);
  JsonWriter& number(std::int64_t value) { return raw(std::to_string(value)); }
  JsonWriter& unsigned_number(std::uint64_t value) { return raw(std::to_string(value)); }
  /// With at most `digits` behind the point.
  JsonWriter& real(double value, int digits);
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }

  [[nodiscard]] const std::string& text() const { return out_; }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& raw(std::string_view text);
  void comma();
  void append_string(std::string_view text);
  void append_ascii(char c);

  JsonEscapes escapes_;
  std::string out_;
  bool first_ = true;  // of the innermost object or array
};

}  // namespace tools
