#include <google/protobuf/descriptor.h>

#include <cstdint>

#include "libkv/gateway/json.h"
#include "libraft/base/base64.h"

namespace kv::gateway {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

/// As Go writes strings: what could end a script element is escaped too.
void append_string(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || c == '<' || c == '>' || c == '&') {
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xfU];
    } else {
      out += c;
    }
  }
  out += '"';
}

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void message(const Message& message) {
    const auto* const descriptor = message.GetDescriptor();
    out_ += '{';
    bool first = true;
    for (int i = 0; i < descriptor->field_count(); ++i) {
      const FieldDescriptor& field = *descriptor->field(i);
      if (!has_value(message, field)) continue;
      if (!first) out_ += ',';
      first = false;
      append_string(out_, field.name());
      out_ += ':';
      value(message, field);
    }
    out_ += '}';
  }

 private:
  static bool has_value(const Message& message, const FieldDescriptor& field) {
    const Reflection& reflection = *message.GetReflection();
    return field.is_repeated() ? reflection.FieldSize(message, &field) > 0
                               : reflection.HasField(message, &field);
  }

  void value(const Message& message, const FieldDescriptor& field) {
    if (!field.is_repeated()) return one(message, field, kNotRepeated);
    out_ += '[';
    for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
      if (i > 0) out_ += ',';
      one(message, field, i);
    }
    out_ += ']';
  }

  /// `at`: which element of a repeated field.
  void one(const Message& message, const FieldDescriptor& field, int at) {
    const Reflection& reflection = *message.GetReflection();
    const bool single = at == kNotRepeated;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return this->message(single ? reflection.GetMessage(message, &field)
                                    : reflection.GetRepeatedMessage(message, &field, at));
      case FieldDescriptor::CPPTYPE_STRING: {
        const std::string text = single ? reflection.GetString(message, &field)
                                        : reflection.GetRepeatedString(message, &field, at);
        return append_string(out_,
                             field.type() == FieldDescriptor::TYPE_BYTES ? raft::base64_encode(text) : text);
      }
      case FieldDescriptor::CPPTYPE_INT64:
        return quoted(std::to_string(single ? reflection.GetInt64(message, &field)
                                            : reflection.GetRepeatedInt64(message, &field, at)));
      case FieldDescriptor::CPPTYPE_UINT64:
        return quoted(std::to_string(single ? reflection.GetUInt64(message, &field)
                                            : reflection.GetRepeatedUInt64(message, &field, at)));
      case FieldDescriptor::CPPTYPE_INT32:
        return plain(std::to_string(single ? reflection.GetInt32(message, &field)
                                           : reflection.GetRepeatedInt32(message, &field, at)));
      case FieldDescriptor::CPPTYPE_UINT32:
        return plain(std::to_string(single ? reflection.GetUInt32(message, &field)
                                           : reflection.GetRepeatedUInt32(message, &field, at)));
      case FieldDescriptor::CPPTYPE_BOOL:
        return plain(
            (single ? reflection.GetBool(message, &field) : reflection.GetRepeatedBool(message, &field, at))
                ? "true"
                : "false");
      case FieldDescriptor::CPPTYPE_ENUM:
        return enumerator(field, single ? reflection.GetEnumValue(message, &field)
                                        : reflection.GetRepeatedEnumValue(message, &field, at));
      case FieldDescriptor::CPPTYPE_DOUBLE:
      case FieldDescriptor::CPPTYPE_FLOAT:
        break;  // the API has none
    }
    plain("null");
  }

  void enumerator(const FieldDescriptor& field, int number) {
    const auto* const known = field.enum_type()->FindValueByNumber(number);
    if (known == nullptr) return plain(std::to_string(number));
    append_string(out_, known->name());
  }

  void quoted(const std::string& number) { out_ += '"' + number + '"'; }
  void plain(const std::string& text) { out_ += text; }

  static constexpr int kNotRepeated = -1;
  std::string& out_;
};

}  // namespace

std::string to_json(const Message& message) {
  std::string out;
  Writer(out).message(message);
  return out;
}

}  // namespace kv::gateway
