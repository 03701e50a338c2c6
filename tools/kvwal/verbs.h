// What kvwal can do; one file a verb.
#pragma once

#include <string>
#include <string_view>

#include "libraft/log/inspect.h"
#include "tools/common/options.h"
#include "tools/common/outcome.h"

namespace tools::kvwal {

Outcome<void> list(const Parsed& parsed);
Outcome<void> dump(const Parsed& parsed);
Outcome<void> verify(const Parsed& parsed);

/// The wal directory for what the user named: itself, or the one in a data directory.
std::string wal_directory(const std::string& given);

/// inspect_log with errors as kvwal's exit codes: 65 damaged, 66 missing, 69 in use.
Outcome<raft::Inspected> inspect(const std::string& path, const raft::EntryVisitor& visit = {});

/// "noop", "command" or "configuration".
std::string_view name(raft::EntryType type);

}  // namespace tools::kvwal
