#include "tools/common/line_reader.h"

#include <array>

namespace tools {

LineReader::Next LineReader::next(std::string& line) {
  line.clear();
  ++number_;
  std::streambuf& buffer = *in_.rdbuf();
  for (int c = buffer.sbumpc(); c != std::char_traits<char>::eof(); c = buffer.sbumpc()) {
    if (c == '\n') {
      if (line.ends_with('\r')) line.pop_back();
      return Next::kLine;
    }
    if (line.size() == bytes_max_) return Next::kTooLong;
    line += static_cast<char>(c);
  }
  if (in_.bad()) return Next::kFailed;
  return line.empty() ? Next::kEnd : Next::kLine;
}

ReadAll read_all(std::istream& in, std::size_t bytes_max, std::string& out) {
  out.clear();
  std::array<char, 65536> chunk{};
  while (in) {
    in.read(chunk.data(), chunk.size());
    const auto count = static_cast<std::size_t>(in.gcount());
    if (count > bytes_max - out.size()) return ReadAll::kTooLong;
    out.append(chunk.data(), count);
  }
  return in.bad() ? ReadAll::kFailed : ReadAll::kDone;
}

}  // namespace tools
