// Where a command reads and writes.
#pragma once

#include <istream>
#include <ostream>

namespace tools::kvctl {

struct Io {
  std::istream& in;
  std::ostream& out;  ///< data, and nothing else
  std::ostream& err;  ///< words
  bool err_is_terminal = false;
};

}  // namespace tools::kvctl
