// Where a command reads and writes.
#pragma once

#include <functional>
#include <istream>
#include <ostream>
#include <string>

#include "tools/common/outcome.h"

namespace tools::kvctl {

/// Asks a person for what must not be seen, a password, with `prompt`. Failure: there is nobody to ask.
using AskSecret = std::function<Outcome<std::string>(const std::string& prompt)>;

struct Io {
  std::istream& in;
  std::ostream& out;  ///< data, and nothing else
  std::ostream& err;  ///< words
  bool err_is_terminal = false;
  AskSecret ask_secret;  ///< empty: nobody can be asked
};

}  // namespace tools::kvctl
