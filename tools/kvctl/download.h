// A call that the server answers with many messages.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "tools/kvctl/command.h"

namespace tools::kvctl {

/// Calls `path` at the first endpoint that can be reached and hands every message to `take`, on another
/// thread, one at a time; a failure of `take` ends the call. It may last as long as it likes, but not say
/// nothing for longer than kSilenceMax. Failures: as of Client::call.
Outcome<void> download(Context& context, std::string_view path, std::string request,
                       const std::function<Outcome<void>(std::string message)>& take);

inline constexpr std::chrono::seconds kSilenceMax{60};

}  // namespace tools::kvctl
