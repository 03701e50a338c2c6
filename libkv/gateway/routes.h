// Which path of the gateway is which method (contract section 1.1).
#pragma once

#include <google/protobuf/descriptor.h>

#include <string_view>

namespace kv::gateway {

/// The method behind a path such as "/v3/kv/range", also under "/v3beta" and "/v3alpha"; null for no path of
/// the gateway's.
const google::protobuf::MethodDescriptor* find_route(std::string_view path);

/// Whether a path is the gateway's to answer, be it with "not found".
bool is_gateway_path(std::string_view path);

}  // namespace kv::gateway
