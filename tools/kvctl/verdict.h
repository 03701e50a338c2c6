// What a failed call means: may it be tried elsewhere, was it applied, how does the command end.
#pragma once

#include "libkv/rpc/status.h"
#include "tools/common/exit_codes.h"

namespace tools::kvctl {

/// Whether a call can change the store, and so must not be made twice by accident.
enum class Access { kRead, kWrite };

struct Verdict {
  /// Certainly without effect, and another member or a later moment may answer otherwise.
  bool retry = false;
  /// When it is not tried again, or in vain.
  ExitCode exit = kExitSoftware;

  bool operator==(const Verdict&) const = default;
};

/// `sent`: whether the server may have seen the call (rpc::UnaryResult). A write that was sent and whose
/// outcome the server did not tell is {false, kExitUnknown}. Source: contract sections 5 and 5.2.
Verdict judge(const kv::rpc::Status& status, bool sent, Access access);

}  // namespace tools::kvctl
