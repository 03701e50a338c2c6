#include "libkv/gateway/errors.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "libkv/rpc/http_text.h"

namespace kv::gateway {

using rpc::Code;

int http_status(Code code) {
  switch (code) {
    case Code::kOk:
      return 200;
    case Code::kCancelled:
      return 408;
    case Code::kInvalidArgument:
    case Code::kOutOfRange:
      return 400;
    case Code::kDeadlineExceeded:
      return 504;
    case Code::kNotFound:
      return 404;
    case Code::kAlreadyExists:
    case Code::kAborted:
      return 409;
    case Code::kPermissionDenied:
      return 403;
    case Code::kUnauthenticated:
      return 401;
    case Code::kResourceExhausted:
      return 429;
    case Code::kFailedPrecondition:
      return 412;
    case Code::kUnimplemented:
      return 501;
    case Code::kUnavailable:
      return 503;
    case Code::kUnknown:
    case Code::kInternal:
    case Code::kDataLoss:
      return 500;
  }
  return 500;
}

rpc::Metadata common_headers() {
  return {{"Access-Control-Allow-Headers", "accept, content-type, authorization"},
          {"Access-Control-Allow-Methods", "POST, GET, OPTIONS, PUT, DELETE"},
          {"Access-Control-Allow-Origin", "*"}};
}

rpc::HttpResponse error_page(const rpc::Status& status) {
  const boost::json::object body{
      {"error", status.message}, {"message", status.message}, {"code", static_cast<int>(status.code)}};
  return {.status = http_status(status.code),
          .content_type = "application/json",
          .body = boost::json::serialize(body),
          .headers = common_headers()};
}

std::string error_line(const rpc::Status& status) {
  const int http = http_status(status.code);
  const boost::json::object error{{"grpc_code", static_cast<int>(status.code)},
                                  {"http_code", http},
                                  {"message", status.message},
                                  {"http_status", rpc::http_reason(http)}};
  return boost::json::serialize(boost::json::object{{"error", error}});
}

}  // namespace kv::gateway
