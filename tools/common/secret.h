// Passwords from a terminal.
#pragma once

#include <cstddef>
#include <string>

#include "tools/common/outcome.h"

namespace tools {

/// What a terminal gives in one line.
inline constexpr std::size_t kSecretBytesMax = 4096;

/// Shows `prompt` on the terminal that this process was started from, wherever its standard input comes from,
/// and reads a line there that the terminal does not show. A signal that would end the process does so once
/// the terminal shows what is typed again. Failures: kExitUsage without a terminal; kExitTemporary,
/// interrupted. Thread: before any other is started.
Outcome<std::string> ask_on_terminal(const std::string& prompt);

}  // namespace tools
