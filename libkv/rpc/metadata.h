// Headers of a call that are not HTTP's or gRPC's own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kv::rpc {

/// Names in lower case, in the order they came. Values of names that end in "-bin" are raw bytes here and
/// base64 on the wire.
using Metadata = std::vector<std::pair<std::string, std::string>>;

/// The first value under `name`, if there is one.
std::optional<std::string_view> find(const Metadata& metadata, std::string_view name);

}  // namespace kv::rpc
