// What kvsnap can do; one file a verb or a family of them.
#pragma once

#include "tools/common/options.h"
#include "tools/common/outcome.h"

namespace tools::kvsnap {

/// What a snapshot is of.
Outcome<void> info(const Parsed& parsed);
/// Whether it is whole, row by row.
Outcome<void> verify(const Parsed& parsed);
Outcome<void> list(const Parsed& parsed);
/// Exit code 1 when there is no such key.
Outcome<void> get(const Parsed& parsed);
Outcome<void> dump(const Parsed& parsed);
/// A new data directory for one member of a new cluster.
Outcome<void> restore(const Parsed& parsed);

}  // namespace tools::kvsnap
