// Where the threads of a room report events; the process decides what becomes of them.
#pragma once

#include <functional>
#include <string_view>

namespace raft {

/// By who must act: kDebug nobody, kInfo nobody (a transition), kWarning an operator soon, kError an operator
/// now.
enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// One event, one line, `key=value` pairs. Thread: callable from any.
using LogSink = std::function<void(LogLevel, std::string_view line)>;

}  // namespace raft
