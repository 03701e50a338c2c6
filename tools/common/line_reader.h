// Lines of bounded length from a stream.
#pragma once

#include <cstddef>
#include <istream>
#include <string>

namespace tools {

/// What one line of a user's input may be at most.
inline constexpr std::size_t kInputLineBytesMax = 16U << 20U;

/// Thread: one.
class LineReader {
 public:
  enum class Next { kLine, kEnd, kTooLong, kFailed };

  LineReader(std::istream& in, std::size_t bytes_max) : in_(in), bytes_max_(bytes_max) {}

  /// Reads the next line into `line`, without its end (\n or \r\n). The last line needs none. After kTooLong
  /// or kFailed, stop.
  Next next(std::string& line);

  /// Of the line that next() gave last, from 1.
  [[nodiscard]] std::size_t number() const { return number_; }
  [[nodiscard]] std::size_t bytes_max() const { return bytes_max_; }

 private:
  std::istream& in_;
  const std::size_t bytes_max_;
  std::size_t number_ = 0;
};

/// Reads everything that is left in `in` into `out`, unless that is more than `bytes_max` bytes.
enum class ReadAll { kDone, kTooLong, kFailed };
ReadAll read_all(std::istream& in, std::size_t bytes_max, std::string& out);

}  // namespace tools
