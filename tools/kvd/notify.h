// What systemd is told (sd_notify(3)). Without a $NOTIFY_SOCKET all of it does nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace tools::kvd {

void notify_ready(const std::string& status);
void notify_status(const std::string& status);
void notify_stopping();
void notify_watchdog();
/// How often systemd wants a sign of life; nothing when it does not.
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace tools::kvd
