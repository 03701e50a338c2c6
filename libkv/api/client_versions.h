// How many requests came from clients of which version.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kv::api {

/// Clients choose the text, so only the first few are told apart; the rest, and long ones, are "other".
/// Thread: any; a version that was seen before is counted without a lock.
class ClientVersions {
 public:
  ClientVersions();

  /// Empty: "unknown".
  void count(std::string_view version);
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> read() const;

 private:
  static constexpr std::size_t kVersionsMax = 16;
  static constexpr std::size_t kVersionBytesMax = 32;

  struct Slot {
    std::string version;  // constant once it is in use
    std::atomic<std::uint64_t> requests = 0;
  };
  [[nodiscard]] Slot* find(std::string_view version);
  Slot& add(std::string_view version);

  std::array<Slot, kVersionsMax> slots_;
  std::atomic<std::size_t> used_ = 0;
  std::mutex adding_;  // guards the slots behind used_
};

}  // namespace kv::api
