// The keys of the log database (FORMAT.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libraft/core/types.h"

namespace raft {

inline constexpr std::string_view kVersionKey = "version";
inline constexpr std::string_view kEntryPrefix = "e/";
inline constexpr std::string_view kStatePrefix = "s/";

/// "e/" and the index, eight bytes big-endian.
std::string entry_key(Index index);
/// "s/" and the sequence number, eight bytes big-endian.
std::string state_key(std::uint64_t sequence);
/// The number in a key of that prefix; nothing when the key is not of that form.
std::optional<std::uint64_t> number_of(std::string_view key, std::string_view prefix);

}  // namespace raft
