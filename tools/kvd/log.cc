#include "tools/kvd/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <boost/json.hpp>
#include <memory>
#include <string>

namespace tools::kvd {
namespace {

spdlog::level::level_enum level_of(raft::LogLevel level) {
  switch (level) {
    case raft::LogLevel::kDebug:
      return spdlog::level::debug;
    case raft::LogLevel::kInfo:
      return spdlog::level::info;
    case raft::LogLevel::kWarning:
      return spdlog::level::warn;
    case raft::LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// syslog's priorities, which journald reads at the start of a line.
std::string_view priority(raft::LogLevel level) {
  switch (level) {
    case raft::LogLevel::kDebug:
      return "<7>";
    case raft::LogLevel::kInfo:
      return "<6>";
    case raft::LogLevel::kWarning:
      return "<4>";
    case raft::LogLevel::kError:
      return "<3>";
  }
  return "<3>";
}

}  // namespace

raft::LogSink make_log(const LogOptions& options) {
  auto logger = std::make_shared<spdlog::logger>("kvd", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(level_of(options.level));
  logger->flush_on(spdlog::level::debug);
  if (options.json) {
    logger->set_pattern(R"({"level":"%l","ts":"%Y-%m-%dT%H:%M:%S.%eZ","msg":%v})",
                        spdlog::pattern_time_type::utc);
  } else {
    logger->set_pattern(options.journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                        spdlog::pattern_time_type::utc);
  }
  return [logger, options](raft::LogLevel level, std::string_view line) {
    if (options.json) {
      logger->log(level_of(level), "{}", boost::json::serialize(boost::json::string(line)));
    } else if (options.journal) {
      logger->log(level_of(level), "{}{}", priority(level), line);
    } else {
      logger->log(level_of(level), "{}", line);
    }
  };
}

}  // namespace tools::kvd
