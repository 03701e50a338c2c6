// Messages of the API as JSON, as etcd's gateway writes and reads them (contract section 1.2).
#pragma once

#include <google/protobuf/message.h>

#include <boost/json/value.hpp>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace kv::gateway {

/// How deep JSON may nest: three levels for each Txn inside a Txn, and far more than anyone needs.
inline constexpr std::size_t kJsonDepthMax = 1024;

/// What is wrong with a body, in words.
using Fault = std::string;

/// Fields in the order and by the names of the .proto, those without a value left out; 64-bit numbers as
/// strings, bytes in base64, enums by name.
std::string to_json(const google::protobuf::Message& message);

/// Fields by the names of the .proto or in lowerCamel; unknown ones are passed over, null stands for no
/// value; numbers also as strings, enums by name or number.
std::expected<void, Fault> from_json(const boost::json::value& json, google::protobuf::Message& message);

/// The values that stand in `text` one after the other, at most `count_max` of them, and whatever follows
/// unread. An empty text holds none.
std::expected<std::vector<boost::json::value>, Fault> read_values(std::string_view text,
                                                                  std::size_t count_max);

}  // namespace kv::gateway
