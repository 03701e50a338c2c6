// grpc-message: percent-encoded UTF-8 in a header (gRPC over HTTP/2, "Status-Message").
#pragma once

#include <string>
#include <string_view>

namespace kv::rpc {

/// Every byte outside 0x20..0x7E, and '%', as %XX.
std::string percent_encode(std::string_view text);

/// The reverse. What is not a valid escape stays as it is: a status text is never worth an error.
std::string percent_decode(std::string_view text);

}  // namespace kv::rpc
