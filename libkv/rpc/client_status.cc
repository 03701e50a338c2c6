#include "libkv/rpc/client_status.h"

#include <charconv>
#include <string>

#include "libkv/rpc/h2_session.h"
#include "libkv/rpc/http_text.h"

namespace kv::rpc {
namespace {

Code code_of_http(int status) {
  switch (status) {
    case 400:
      return Code::kInternal;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kPermissionDenied;
    case 404:
      return Code::kUnimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return Code::kUnavailable;
    default:
      return Code::kUnknown;
  }
}

Code code_of_reset(std::uint32_t h2_error) {
  constexpr std::uint32_t kInadequateSecurity = 12;
  switch (h2_error) {
    case static_cast<std::uint32_t>(H2Error::kRefusedStream):
      return Code::kUnavailable;
    case static_cast<std::uint32_t>(H2Error::kCancel):
      return Code::kCancelled;
    case static_cast<std::uint32_t>(H2Error::kEnhanceYourCalm):
      return Code::kResourceExhausted;
    case kInadequateSecurity:
      return Code::kPermissionDenied;
    default:
      return Code::kInternal;
  }
}

}  // namespace

Status status_of_http(std::string_view http_status) {
  int number = 0;
  std::from_chars(http_status.data(), http_status.data() + http_status.size(), number);
  return {code_of_http(number), "unexpected HTTP status code received from server: " +
                                    std::string(http_status) + " (" + std::string(http_reason(number)) + ")"};
}

Status status_of_reset(std::uint32_t h2_error) {
  return {code_of_reset(h2_error),
          "stream terminated by RST_STREAM with error code: " + h2_error_name(h2_error)};
}

Code parse_code(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || number > static_cast<unsigned>(Code::kUnauthenticated)) return Code::kUnknown;
  return static_cast<Code>(number);
}

}  // namespace kv::rpc
