// "Did you mean …?"
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tools {

/// The one of `known` that `word` is most likely a slip of; empty when none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace tools
