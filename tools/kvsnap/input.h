// Where a snapshot comes from: a file, a pipe, or the data directory of a stopped member.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tools/common/outcome.h"

namespace tools::kvsnap {

/// How much is read at once.
inline constexpr std::size_t kPieceBytes = 1U << 20U;

/// The bytes of one snapshot, front to back.
class Input {
 public:
  virtual ~Input() = default;

  /// The next bytes, at most `bytes_max`; empty: that was all.
  [[nodiscard]] virtual Outcome<std::string> read(std::size_t bytes_max) = 0;
  /// For a progress line; 0: not known.
  [[nodiscard]] virtual std::uint64_t bytes_total() const = 0;
  /// What messages call it.
  [[nodiscard]] virtual const std::string& name() const = 0;
};

/// `given`: a file, "-" for standard input, or a data directory. Failures: 66 nothing there, 69 its member
/// is running, 65 no state that can be read.
Outcome<std::unique_ptr<Input>> open_input(const std::string& given);

}  // namespace tools::kvsnap
