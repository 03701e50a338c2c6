#include "tools/common/progress.h"

#include <algorithm>
#include <utility>

namespace tools {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::size_t kBarWidth = 24;

std::string bar(double fraction) {
  const auto full = static_cast<std::size_t>(fraction * static_cast<double>(kBarWidth));
  return '[' + std::string(full, '#') + std::string(kBarWidth - full, '.') + ']';
}

}  // namespace

Progress::Progress(std::ostream* out, std::string verb, std::string unit)
    : out_(out), verb_(std::move(verb)), unit_(std::move(unit)), began_(Clock::now()) {}

Progress::~Progress() {
  if (visible_) *out_ << "\r\033[K" << std::flush;
}

void Progress::update(std::uint64_t done, std::uint64_t total) {
  const auto now = Clock::now();
  if (out_ == nullptr || now - drawn_ < kRedraw) return;
  drawn_ = now;
  visible_ = true;
  *out_ << '\r' << line(done, total, now - began_) << "\033[K" << std::flush;
}

std::string Progress::line(std::uint64_t done, std::uint64_t total,
                           std::chrono::duration<double> elapsed) const {
  std::string text = verb_ + ' ';
  if (total > 0) {
    const double fraction = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    text += bar(fraction) + ' ' + std::to_string(static_cast<int>(fraction * 100)) + "%  ";
  }
  text += std::to_string(done);
  if (total > 0) text += '/' + std::to_string(total);
  text += ' ' + unit_;
  if (elapsed.count() >= 0.5) {
    text +=
        "  " + std::to_string(static_cast<std::uint64_t>(static_cast<double>(done) / elapsed.count())) + "/s";
  }
  return text;
}

}  // namespace tools
