// Durations and sizes as people write and read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tools {

/// Go's spelling: "300ms", "5s", "1m30s", "1.5h"; a bare number means seconds. Nothing for what is neither,
/// for negative ones, and for more than a century.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// Go's spelling, e.g. "1.983306ms", "5.000957465s", "2m3s".
std::string format_duration(std::chrono::nanoseconds duration);

/// In powers of 1000, e.g. "20 kB", "1.5 GB": as etcdctl prints sizes.
std::string format_bytes(std::uint64_t bytes);

}  // namespace tools
