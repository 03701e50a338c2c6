// A file that is there whole or not at all.
#pragma once

#include <string>
#include <string_view>

#include "tools/common/outcome.h"

namespace tools::kvctl {

/// Written as `<path>.part`; finish() makes it durable and renames it. Destroyed before that, it is removed.
/// "-" is standard output. Thread: one at a time.
class SavedFile {
 public:
  explicit SavedFile(std::string path);
  ~SavedFile();
  SavedFile(const SavedFile&) = delete;
  SavedFile& operator=(const SavedFile&) = delete;

  /// Failures: 73 cannot be made.
  Outcome<void> open();
  /// Failures: 74.
  Outcome<void> write(std::string_view bytes);
  Outcome<void> finish();

 private:
  [[nodiscard]] bool is_output() const { return path_ == "-"; }
  [[nodiscard]] Failure failure(ExitCode code) const;

  const std::string path_;
  const std::string partial_;
  int fd_ = -1;
};

}  // namespace tools::kvctl
