// A table in ASCII, as etcdctl draws it.
#pragma once

#include <string>
#include <vector>

namespace tools {

/// The heading in upper case and centred, cells to the right. Every row has as many cells as the heading.
std::string draw_table(const std::vector<std::string>& heading,
                       const std::vector<std::vector<std::string>>& rows);

}  // namespace tools
