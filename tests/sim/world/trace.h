// What happened, as a hash for comparing two runs and, on request, in words.
#pragma once

#include <cstdint>
#include <cstdio>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "tests/sim/world/event_queue.h"

namespace sim {

/// Thread: one.
class Trace {
 public:
  enum class Words {
    kNone,   ///< only the hash
    kLast,   ///< the last ones are kept, for a report
    kPrint,  ///< each is printed as it happens
  };

  explicit Trace(Words words) : words_(words) {}

  /// `tag` and the numbers go into the hash; `text` is called only when words are wanted.
  template <class Text>
  void note(Micros when, std::string_view tag, std::uint64_t node, std::uint64_t a, std::uint64_t b,
            Text text) {
    mix(when);
    for (const char c : tag) mix(static_cast<unsigned char>(c));
    mix(node);
    mix(a);
    mix(b);
    if (words_ == Words::kNone) return;
    add(when, tag, node, text());
  }

  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  void print_last(std::FILE* to) const {
    for (const std::string& line : last_) std::fprintf(to, "  %s\n", line.c_str());
    std::fflush(to);
  }

 private:
  static constexpr std::size_t kKeptMax = 400;

  void mix(std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001b3ULL ^ (hash_ >> 29); }

  void add(Micros when, std::string_view tag, std::uint64_t node, const std::string& text) {
    char head[64];
    std::snprintf(head, sizeof head, "%10.6f  n%-2llu %-9.*s ", static_cast<double>(when) / 1e6,
                  static_cast<unsigned long long>(node), static_cast<int>(tag.size()), tag.data());
    std::string line = head + text;
    if (words_ == Words::kPrint) std::printf("%s\n", line.c_str());
    last_.push_back(std::move(line));
    if (last_.size() > kKeptMax) last_.pop_front();
  }

  const Words words_;
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
  std::deque<std::string> last_;
};

}  // namespace sim
