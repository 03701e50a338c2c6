#include "tools/kvctl/message_json.h"

#include <google/protobuf/descriptor.h>

#include "libraft/base/base64.h"

namespace tools::kvctl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

/// Go's name of a field that has no JSON name of its own: response_put -> ResponsePut.
std::string camel_case(std::string_view name) {
  std::string out;
  bool upper = true;
  for (const char c : name) {
    if (c == '_') {
      upper = true;
      continue;
    }
    out += static_cast<char>(upper && c >= 'a' && c <= 'z' ? c - 32 : c);
    upper = false;
  }
  return out;
}

void write_text(JsonWriter& json, const FieldDescriptor& field, const std::string& text) {
  json.string(field.type() == FieldDescriptor::TYPE_BYTES ? raft::base64_encode(text) : text);
}

void write_single(JsonWriter& json, const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  std::string scratch;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      json.number(reflection.GetInt32(message, &field));
      return;
    case FieldDescriptor::CPPTYPE_INT64:
      json.number(reflection.GetInt64(message, &field));
      return;
    case FieldDescriptor::CPPTYPE_UINT32:
      json.unsigned_number(reflection.GetUInt32(message, &field));
      return;
    case FieldDescriptor::CPPTYPE_UINT64:
      json.unsigned_number(reflection.GetUInt64(message, &field));
      return;
    case FieldDescriptor::CPPTYPE_BOOL:
      json.boolean(reflection.GetBool(message, &field));
      return;
    case FieldDescriptor::CPPTYPE_ENUM:
      json.number(reflection.GetEnumValue(message, &field));
      return;
    case FieldDescriptor::CPPTYPE_STRING:
      write_text(json, field, reflection.GetStringReference(message, &field, &scratch));
      return;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      write_json(json, reflection.GetMessage(message, &field));
      return;
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      json.real(0, 0);  // the API has none
      return;
  }
}

/// The API repeats messages, strings and bytes only.
void write_repeated(JsonWriter& json, const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  std::string scratch;
  json.begin_array();
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      write_json(json, reflection.GetRepeatedMessage(message, &field, i));
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      write_text(json, field, reflection.GetRepeatedStringReference(message, &field, i, &scratch));
    }
  }
  json.end_array();
}

void write_field(JsonWriter& json, const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) {
    if (reflection.FieldSize(message, &field) == 0) return;
    json.key(field.name());
    write_repeated(json, message, field);
    return;
  }
  if (!reflection.HasField(message, &field)) return;
  if (field.real_containing_oneof() == nullptr) {
    json.key(field.name());
    write_single(json, message, field);
    return;
  }
  json.key(camel_case(field.real_containing_oneof()->name())).begin_object();
  json.key(camel_case(field.name()));
  write_single(json, message, field);
  json.end_object();
}

}  // namespace

void write_json(JsonWriter& json, const Message& message) {
  const auto& descriptor = *message.GetDescriptor();
  json.begin_object();
  for (int i = 0; i < descriptor.field_count(); ++i) write_field(json, message, *descriptor.field(i));
  json.end_object();
}

std::string to_json(const Message& message) {
  JsonWriter json(JsonEscapes::kGo);
  write_json(json, message);
  return json.take();
}

}  // namespace tools::kvctl
