// What a call's outcome is when the server did not say so itself.
#pragma once

#include <cstdint>
#include <string_view>

#include "libkv/rpc/status.h"

namespace kv::rpc {

/// An HTTP status without a grpc-status (gRPC, "HTTP to gRPC Status Code Mapping").
Status status_of_http(std::string_view http_status);

/// A stream reset with one of HTTP/2's error codes (gRPC over HTTP/2, "Errors").
Status status_of_reset(std::uint32_t h2_error);

/// The number in grpc-status; kUnknown for what is not a code.
Code parse_code(std::string_view text);

}  // namespace kv::rpc
