// The one textual form of the core's values: logs, transcripts, failure messages.
#pragma once

#include <string>
#include <string_view>

#include "libraft/core/effects.h"
#include "libraft/core/membership.h"
#include "libraft/core/message.h"

namespace raft {

/// Member ids as etcd prints them: lower-case hex without padding.
std::string describe(NodeId id);
std::string_view name(RoleName role);
/// One line, `key=value`; payloads as sizes, never as bytes.
std::string describe(const Message& message);
std::string describe(const CoreStatus& status);
std::string describe(const Membership& membership);

}  // namespace raft
