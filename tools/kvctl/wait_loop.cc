#include "tools/kvctl/wait_loop.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "tools/common/units.h"
#include "tools/kvctl/verdict.h"

namespace tools::kvctl {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kLookPause{200};
/// One look takes no longer, so that the next may find another endpoint.
constexpr milliseconds kLookMax{2000};

}  // namespace

Outcome<ExitCode> wait_until(Context& context, const Look& look) {
  const milliseconds limit = context.settings.timeout;
  const auto began = Clock::now();
  for (;;) {
    const auto waited = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
    Settings settings = context.settings;
    settings.timeout = limit.count() == 0 ? kLookMax : std::clamp(limit - waited, milliseconds(1), kLookMax);
    Client client(context.client, settings, context.dialer);
    auto missing = look(client);
    if (!missing && !may_pass(missing.error())) return refuse(std::move(missing.error()));
    if (missing && !*missing) return kExitOk;
    if (limit.count() != 0 && Clock::now() - began + kLookPause >= limit) {
      return refuse(kExitTimeout, "not so within " + format_duration(limit) + ": " +
                                      (missing ? **missing : missing.error().text));
    }
    std::this_thread::sleep_for(kLookPause);
  }
}

}  // namespace tools::kvctl
