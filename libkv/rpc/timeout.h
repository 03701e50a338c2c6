// grpc-timeout: one to eight digits and a unit (H M S m u n).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace kv::rpc {

/// No call waits longer than this; larger timeouts mean it. Keeps now + timeout inside the clock's range.
constexpr std::chrono::hours kTimeoutMax{24 * 365 * 10};

/// Nothing when malformed.
std::optional<std::chrono::nanoseconds> parse_timeout(std::string_view text);

/// The timeout in the finest unit from milliseconds up that fits eight digits. Negative ones become zero.
std::string format_timeout(std::chrono::milliseconds timeout);

}  // namespace kv::rpc
