#include "tools/common/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace tools {
namespace {

using std::chrono::nanoseconds;

struct Unit {
  std::string_view name;
  double nanoseconds;
};
constexpr std::array kUnits = {Unit{"ns", 1},  Unit{"us", 1e3}, Unit{"µs", 1e3},  Unit{"ms", 1e6},
                               Unit{"s", 1e9}, Unit{"m", 6e10}, Unit{"h", 3.6e12}};
constexpr double kCentury = 100 * 365.25 * 24 * 3.6e12;

const Unit* find_unit(std::string_view name) {
  for (const Unit& unit : kUnits) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

bool starts_number(char c) {
  return (c >= '0' && c <= '9') || c == '.';
}

std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

/// Without the zeros at the end of a fraction.
std::string trimmed(double value, int digits) {
  std::string text = fixed(value, digits);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

std::optional<nanoseconds> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  double total = 0;
  bool bare = true;
  while (!text.empty()) {
    double number = 0;
    if (!starts_number(text.front())) return std::nullopt;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    std::size_t length = 0;
    while (length < text.size() && !starts_number(text[length])) ++length;
    const Unit* unit = bare && text.empty() ? find_unit("s") : find_unit(text.substr(0, length));
    if (unit == nullptr) return std::nullopt;
    bare = false;
    total += number * unit->nanoseconds;
    text.remove_prefix(length);
  }
  if (total > kCentury) return std::nullopt;
  return nanoseconds(std::llround(total));
}

std::string format_duration(nanoseconds duration) {
  const auto count = duration.count();
  if (count == 0) return "0s";
  if (count < 1000) return std::to_string(count) + "ns";
  if (count < 1000000) return trimmed(static_cast<double>(count) / 1e3, 3) + "µs";
  if (count < 1000000000) return trimmed(static_cast<double>(count) / 1e6, 6) + "ms";
  const auto minutes = count / 60000000000;
  std::string seconds = trimmed(static_cast<double>(count % 60000000000) / 1e9, 9) + "s";
  if (minutes == 0) return seconds;
  if (minutes < 60) return std::to_string(minutes) + "m" + seconds;
  return std::to_string(minutes / 60) + "h" + std::to_string(minutes % 60) + "m" + seconds;
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 7> kNames = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 10) return std::to_string(bytes) + " B";
  double value = static_cast<double>(bytes);
  std::size_t power = 0;
  while (value >= 1000 && power + 1 < kNames.size()) {
    value /= 1000;
    ++power;
  }
  value = std::floor(value * 10 + 0.5) / 10;
  return fixed(value, value < 10 ? 1 : 0) + ' ' + std::string(kNames[power]);
}

}  // namespace tools
