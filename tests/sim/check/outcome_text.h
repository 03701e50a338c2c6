// Outcomes as text: to compare, to hash and to print.
#pragma once

#include <string>

#include "libkv/machine/outcome.h"

namespace sim {

std::string text(const kv::Outcome& outcome);
std::string text(const kv::RangeResult& range);

}  // namespace sim
