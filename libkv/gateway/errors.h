// Errors as etcd's gateway answers them.
#pragma once

#include "libkv/rpc/server.h"

namespace kv::gateway {

/// The HTTP status that stands for a gRPC code.
int http_status(rpc::Code code);

/// {"error":…,"message":…,"code":…}, with the status that stands for the code.
rpc::HttpResponse error_page(const rpc::Status& status);

/// The line that ends a stream which had begun.
std::string error_line(const rpc::Status& status);

/// What every answer says to browsers.
rpc::Metadata common_headers();

}  // namespace kv::gateway
