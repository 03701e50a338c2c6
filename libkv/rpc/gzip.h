// Messages that a client compressed with gzip.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kv::rpc {

struct Inflated {
  enum class Outcome { kOk, kTooLarge, kBroken };
  Outcome outcome;
  std::string bytes;
};

/// Unpacks one gzip member. Stops as soon as the output passes `bytes_max`, whatever the input promises.
Inflated gunzip(std::string_view packed, std::size_t bytes_max);

/// Packs as gzip, for tests and tools.
std::string gzip(std::string_view bytes);

}  // namespace kv::rpc
