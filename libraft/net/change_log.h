// Says a thing once: what is retried for ever would otherwise be logged for ever.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "libraft/base/log_sink.h"

namespace raft {

/// Logs an event about a subject only when it differs from the last one about that subject.
/// Thread: one.
class ChangeLog {
 public:
  /// A null `sink` is silence.
  explicit ChangeLog(LogSink sink) : sink_(std::move(sink)) {}

  /// `line` is the event, `what` the part of it that makes it a different one.
  void report(LogLevel level, const std::string& subject, std::string_view what, std::string_view line);
  /// As report, when the line itself is the difference.
  void report(LogLevel level, const std::string& subject, std::string_view line) {
    report(level, subject, line, line);
  }
  /// All is well with `subject` again: the next event is logged even if it is the last one once more.
  void clear(const std::string& subject) { last_.erase(subject); }

 private:
  // Subjects come from outside (addresses, claimed ids). Forgetting them all repeats some lines, no more.
  static constexpr std::size_t kSubjectsMax = 256;

  LogSink sink_;
  std::map<std::string, std::string, std::less<>> last_;
};

}  // namespace raft
