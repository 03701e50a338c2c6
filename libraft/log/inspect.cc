#include "libraft/log/inspect.h"

#include <memory>
#include <utility>

#include "libraft/disk/disk_env.h"
#include "libraft/disk/read_lock.h"

namespace raft {

Result<Inspected> inspect_log(const std::string& path, const EntryVisitor& visit) {
  ASSIGN_OR_RETURN(const auto lock, ReadLock::take(path));
  const auto env = make_posix_env({});
  Inspected inspected;
  ASSIGN_OR_RETURN(inspected.log, verify_log(*env, path, visit));
  if (inspected.log.fresh) return fail(ErrorCode::kNotFound, path, "holds an empty database, not a log");
  for (const Cut& cut : inspected.log.cuts) inspected.torn_bytes += cut.bytes;
  return inspected;
}

}  // namespace raft
