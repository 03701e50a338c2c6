// A data directory that appears whole or not at all.
#pragma once

#include <string>

#include "tools/common/outcome.h"

namespace tools::kvsnap {

/// Everything is made in `<path>.partial`, which finish() renames. Destroyed before that, it leaves nothing.
class NewDirectory {
 public:
  /// Failures: 73 when `path` holds anything already, or something that is no interrupted restore is in the
  /// way of `<path>.partial`; 74.
  static Outcome<NewDirectory> make(const std::string& path);
  NewDirectory(NewDirectory&& other) noexcept;
  NewDirectory& operator=(NewDirectory&&) = delete;
  ~NewDirectory();

  /// Where to build.
  [[nodiscard]] const std::string& partial() const { return partial_; }
  /// Durable when it returns.
  Outcome<void> finish();

 private:
  explicit NewDirectory(std::string path);

  std::string path_;
  std::string partial_;  // empty: nothing to remove
};

}  // namespace tools::kvsnap
