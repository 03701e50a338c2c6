// Words of HTTP that both versions share.
#pragma once

#include <string>
#include <string_view>

#include "libkv/rpc/server.h"

namespace kv::rpc {

/// "Not Found" for 404.
std::string_view http_reason(int status);

/// The status with its reason as body, as net/http answers.
HttpResponse plain_response(int status);

std::string lower_case(std::string_view text);

}  // namespace kv::rpc
