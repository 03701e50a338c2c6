#include "tools/common/table.h"

#include <algorithm>

#include "libraft/base/utf8.h"
#include "tools/common/escape.h"

namespace tools {
namespace {

/// Characters, not bytes; what is not UTF-8 counts by bytes.
std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (; !text.empty(); ++width) text.remove_prefix(std::max<std::size_t>(raft::utf8_length(text), 1));
  return width;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return text;
}

std::string rule(const std::vector<std::size_t>& widths) {
  std::string out = "+";
  for (const std::size_t width : widths) out += std::string(width + 2, '-') + '+';
  return out + '\n';
}

}  // namespace

std::string draw_table(const std::vector<std::string>& heading,
                       const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  widths.reserve(heading.size());
  for (const std::string& name : heading) widths.push_back(width_of(name));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out = rule(widths) + '|';
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const std::size_t space = widths[i] - width_of(heading[i]);
    out += ' ' + std::string(space / 2, ' ') + upper(heading[i]) + std::string(space - space / 2, ' ') + " |";
  }
  out += '\n' + rule(widths);
  for (const auto& row : rows) {
    out += '|';
    for (std::size_t i = 0; i < widths.size(); ++i) {
      out += ' ' + std::string(widths[i] - width_of(row[i]), ' ') + row[i] + " |";
    }
    out += '\n';
  }
  return out + rule(widths);
}

}  // namespace tools
