// What a failed call means: may it be tried elsewhere, was it applied, how does the command end.
#pragma once

#include <string_view>

#include "libkv/rpc/status.h"
#include "tools/common/exit_codes.h"
#include "tools/common/outcome.h"

namespace tools::kvctl {

/// Whether a call can change the store, and so must not be made twice by accident.
enum class Access {
  kRead,
  kWrite,
  kWriteOnce,  ///< in a session: the server sees to it that it is made once, however often it is sent
};

struct Verdict {
  /// Certainly without effect, and another member or a later moment may answer otherwise.
  bool retry = false;
  /// When it is not tried again, or in vain.
  ExitCode exit = kExitSoftware;

  bool operator==(const Verdict&) const = default;
};

/// `sent`: whether the server may have seen the call (rpc::UnaryResult). A write that was sent and whose
/// outcome the server did not tell is kExitUnknown; in a session it may be sent again. Source: contract
/// sections 5 and 5.2.
Verdict judge(const kv::rpc::Status& status, bool sent, Access access);

/// Whether a refusal says what became of a write of which an earlier attempt's outcome is not known: the log
/// gave it, for all attempts. What one member refuses by itself says nothing of them.
bool settles(const kv::rpc::Status& status, const Verdict& verdict);

/// What a member refuses with when it knows nothing of a session.
bool is_expired_session(const kv::rpc::Status& status);

/// Whether the same, asked again later, may end otherwise: nobody was there, or not ready.
bool may_pass(const Failure& failure);

/// Whether a call was refused (by status, or by the reason that a watch is cancelled for) for its `token`,
/// so that a new one may help. Empty: it was sent without, before authentication was enabled.
bool is_refused_token(std::string_view message, std::string_view token);

}  // namespace tools::kvctl
