// How every binary of this project ends (users-and-operators, section 3.3; the numbers from 64 on are
// sysexits.h's).
#pragma once

namespace tools {

enum ExitCode : int {
  kExitOk = 0,
  kExitNo = 1,            ///< nothing matched, unhealthy, differs
  kExitConflict = 2,      ///< a condition of the write did not hold
  kExitUnknown = 3,       ///< a write was sent and its outcome is not known
  kExitUsage = 64,        ///< bad options or arguments
  kExitData = 65,         ///< malformed input, damaged log or state
  kExitNoInput = 66,      ///< a file or directory is missing
  kExitUnavailable = 69,  ///< nobody there; for a server: its address is taken
  kExitSoftware = 70,     ///< a fault of this program
  kExitOs = 71,
  kExitCantCreate = 73,
  kExitIo = 74,
  kExitTemporary = 75,  ///< not now, and certainly not applied
  kExitProtocol = 76,   ///< the other side does not speak this API
  kExitNoPermission = 77,
  kExitConfig = 78,  ///< a bad setting
  kExitLimit = 79,   ///< too large, out of space, compacted or future revision
  kExitLost = 122,   ///< a lock or a lease was lost, and the command that was run under it killed
  kExitTimeout = 124,
  kExitCannotRun = 126,  ///< a command is there, but could not be run
  kExitNotFound = 127,   ///< there is no such command
};

}  // namespace tools
