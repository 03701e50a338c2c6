// Where a value on the command line comes from.
#pragma once

#include <istream>
#include <string>

#include "tools/common/outcome.h"

namespace tools::kvctl {

/// "-" is standard input, "@FILE" the bytes of a file, "@@X" the text "@X", anything else itself. Byte-exact.
/// Failures: kExitNoInput, kExitIo, kExitLimit.
Outcome<std::string> read_value(const std::string& argument, std::istream& in);

/// Everything on standard input.
Outcome<std::string> read_input(std::istream& in);

}  // namespace tools::kvctl
