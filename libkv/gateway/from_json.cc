#include <google/protobuf/descriptor.h>

#include <boost/json/parse_options.hpp>
#include <boost/json/stream_parser.hpp>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>

#include "libkv/gateway/base64.h"
#include "libkv/gateway/json.h"

namespace kv::gateway {
namespace {

namespace json = boost::json;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Done = std::expected<void, Fault>;

std::string_view kind_name(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "bool";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      return "number";
    case json::kind::string:
      return "string";
    case json::kind::array:
      return "array";
    case json::kind::object:
      return "object";
  }
  return "value";
}

/// In the words of Go's decoder, which people search for.
std::unexpected<Fault> no_such_value(std::string_view what, std::string_view type) {
  return std::unexpected("json: cannot unmarshal " + std::string(what) + " into Go value of type " +
                         std::string(type));
}

template <class Number>
constexpr std::string_view go_name() {
  if constexpr (std::is_same_v<Number, std::int64_t>) return "int64";
  if constexpr (std::is_same_v<Number, std::uint64_t>) return "uint64";
  if constexpr (std::is_same_v<Number, std::int32_t>) return "int32";
  return "uint32";
}

/// A whole number in range, plain or in a string.
template <class Number>
std::expected<Number, Fault> read_number(const json::value& value) {
  if (value.is_string()) {
    const std::string_view text(value.get_string().data(), value.get_string().size());
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return number;
    return no_such_value("number " + std::string(text), go_name<Number>());
  }
  if (value.is_int64() || value.is_uint64()) {
    json::error_code error;
    const auto number = value.to_number<Number>(error);
    if (!error) return number;
    const std::string text =
        value.is_int64() ? std::to_string(value.get_int64()) : std::to_string(value.get_uint64());
    return no_such_value("number " + text, go_name<Number>());
  }
  return no_such_value(kind_name(value), go_name<Number>());
}

class Reader {
 public:
  explicit Reader(Message& message) : message_(message), reflection_(*message.GetReflection()) {}

  Done object(const json::value& value) {
    if (value.is_null()) return {};
    if (!value.is_object()) return no_such_value(kind_name(value), "map[string]json.RawMessage");
    for (const auto& [name, field_value] : value.get_object()) {
      const FieldDescriptor* const found = find({name.data(), name.size()});
      if (found == nullptr || field_value.is_null()) continue;
      if (auto read = field(*found, field_value); !read) return read;
    }
    return {};
  }

 private:
  [[nodiscard]] const FieldDescriptor* find(std::string_view name) const {
    const auto* const descriptor = message_.GetDescriptor();
    const std::string text(name);
    const FieldDescriptor* const by_name = descriptor->FindFieldByName(text);
    if (by_name != nullptr) return by_name;
    for (int i = 0; i < descriptor->field_count(); ++i) {
      if (descriptor->field(i)->json_name() == text) return descriptor->field(i);
    }
    return nullptr;
  }

  Done field(const FieldDescriptor& field, const json::value& value) {
    if (!field.is_repeated()) return one(field, value);
    if (!value.is_array()) return no_such_value(kind_name(value), "[]json.RawMessage");
    for (const json::value& element : value.get_array()) {
      if (auto read = one(field, element); !read) return read;
    }
    return {};
  }

  Done one(const FieldDescriptor& field, const json::value& value) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return Reader(field.is_repeated() ? *reflection_.AddMessage(&message_, &field)
                                          : *reflection_.MutableMessage(&message_, &field))
            .object(value);
      case FieldDescriptor::CPPTYPE_STRING:
        return text(field, value);
      case FieldDescriptor::CPPTYPE_INT64:
        return number<std::int64_t>(field, value, &Reflection::SetInt64, &Reflection::AddInt64);
      case FieldDescriptor::CPPTYPE_UINT64:
        return number<std::uint64_t>(field, value, &Reflection::SetUInt64, &Reflection::AddUInt64);
      case FieldDescriptor::CPPTYPE_INT32:
        return number<std::int32_t>(field, value, &Reflection::SetInt32, &Reflection::AddInt32);
      case FieldDescriptor::CPPTYPE_UINT32:
        return number<std::uint32_t>(field, value, &Reflection::SetUInt32, &Reflection::AddUInt32);
      case FieldDescriptor::CPPTYPE_ENUM:
        return enumerator(field, value);
      case FieldDescriptor::CPPTYPE_BOOL:
        if (!value.is_bool()) return no_such_value(kind_name(value), "bool");
        reflection_.SetBool(&message_, &field, value.get_bool());
        return {};
      case FieldDescriptor::CPPTYPE_DOUBLE:
      case FieldDescriptor::CPPTYPE_FLOAT:
        break;  // the API has none
    }
    return {};
  }

  template <class Number, class Set, class Add>
  Done number(const FieldDescriptor& field, const json::value& value, Set set, Add add) {
    const auto read = read_number<Number>(value);
    if (!read) return std::unexpected(read.error());
    if (field.is_repeated()) {
      (reflection_.*add)(&message_, &field, *read);
    } else {
      (reflection_.*set)(&message_, &field, *read);
    }
    return {};
  }

  Done text(const FieldDescriptor& field, const json::value& value) {
    const bool bytes = field.type() == FieldDescriptor::TYPE_BYTES;
    if (bytes && value.is_array()) return byte_list(field, value.get_array());
    if (!value.is_string()) return no_such_value(kind_name(value), bytes ? "[]uint8" : "string");
    std::string read(value.get_string().data(), value.get_string().size());
    if (bytes) {
      auto decoded = decode_base64(read);
      if (!decoded) {
        return std::unexpected("illegal base64 data at input byte " + std::to_string(decoded.error()));
      }
      read = std::move(*decoded);
    }
    if (field.is_repeated()) {
      reflection_.AddString(&message_, &field, std::move(read));
    } else {
      reflection_.SetString(&message_, &field, std::move(read));
    }
    return {};
  }

  /// Go also takes bytes one by one.
  Done byte_list(const FieldDescriptor& field, const json::array& numbers) {
    std::string read;
    for (const json::value& number : numbers) {
      json::error_code error;
      const auto byte = number.is_number() ? number.to_number<std::uint8_t>(error) : std::uint8_t{0};
      if (error || !number.is_number()) return no_such_value(kind_name(number), "uint8");
      read += static_cast<char>(byte);
    }
    if (field.is_repeated()) {
      reflection_.AddString(&message_, &field, std::move(read));
    } else {
      reflection_.SetString(&message_, &field, std::move(read));
    }
    return {};
  }

  Done enumerator(const FieldDescriptor& field, const json::value& value) {
    int number = 0;
    if (value.is_string()) {
      const std::string name(value.get_string().data(), value.get_string().size());
      const auto* const known = field.enum_type()->FindValueByName(name);
      if (known == nullptr) {
        return std::unexpected("unknown value \"" + name + "\" for enum " + go_enum_name(field));
      }
      number = known->number();
    } else {
      const auto read = read_number<std::int32_t>(value);
      if (!read) return std::unexpected(read.error());
      number = *read;
    }
    if (field.is_repeated()) {
      reflection_.AddEnumValue(&message_, &field, number);
    } else {
      reflection_.SetEnumValue(&message_, &field, number);
    }
    return {};
  }

  /// "etcdserverpb.RangeRequest_SortOrder": enums inside messages lose a dot.
  static std::string go_enum_name(const FieldDescriptor& field) {
    const auto& type = *field.enum_type();
    if (type.containing_type() == nullptr) return type.full_name();
    return type.containing_type()->full_name() + "_" + type.name();
  }

  Message& message_;
  const Reflection& reflection_;
};

/// Whether nothing but blanks is left.
bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

std::expected<void, Fault> from_json(const json::value& value, Message& message) {
  return Reader(message).object(value);
}

std::expected<std::vector<json::value>, Fault> read_values(std::string_view text, std::size_t count_max) {
  std::vector<json::value> values;
  json::parse_options options;
  options.max_depth = kJsonDepthMax;
  while (values.size() < count_max && !is_blank(text)) {
    json::stream_parser parser({}, options);
    json::error_code error;
    const std::size_t used = parser.write_some(text.data(), text.size(), error);
    if (!error && !parser.done()) parser.finish(error);
    if (error == json::error::incomplete) return std::unexpected("unexpected EOF");
    if (error) return std::unexpected("json: " + error.message());
    values.push_back(parser.release());
    text.remove_prefix(used);
  }
  return values;
}

}  // namespace kv::gateway
