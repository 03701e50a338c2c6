// Messages as bytes, as FORMAT.md beside this file describes them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "libraft/base/result.h"
#include "libraft/core/message.h"

namespace raft {

/// The most bytes one message may take. Room for the largest payload and for the many small entries that an
/// AppendEntries of ordinary size holds.
inline constexpr std::size_t kMessageBytesMax = kPayloadBytesMax + (16U << 20U);

/// What `encode` will append, in bytes. Costs one look at each payload's size.
[[nodiscard]] std::size_t encoded_size(const Message& message);

/// Appends `message` to `out`. The entries of an AppendEntries must be contiguous from previous.index + 1:
/// the wire carries no indexes of their own, so a gap cannot arrive.
void encode(const Message& message, std::string& out);

/// Appends every message in `body` to `out`, in order. Errors: kCorruption, with what was wrong; `out` then
/// holds the messages before the bad one. Allocates in proportion to `body`, whatever it claims.
Result<void> decode_messages(std::string_view body, std::vector<Message>& out);

}  // namespace raft
