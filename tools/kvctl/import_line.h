// One line of an export: {"key":…,"value":…}, or key_b64 and value_b64.
#pragma once

#include <string>
#include <string_view>

#include "tools/common/outcome.h"

namespace tools::kvctl {

struct ImportLine {
  std::string key;
  std::string value;
  bool had_lease = false;  ///< leases are not part of an export, only the fact

  bool operator==(const ImportLine&) const = default;
};

/// Other members of the object are ignored: they are what get and export print of a key's past. Failure:
/// kExitData, whose text says what is wrong.
Outcome<ImportLine> parse_import_line(std::string_view line);

}  // namespace tools::kvctl
