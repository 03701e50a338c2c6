#include "libkv/rpc/metadata.h"

namespace kv::rpc {

std::optional<std::string_view> find(const Metadata& metadata, std::string_view name) {
  for (const auto& [key, value] : metadata) {
    if (key == name) return value;
  }
  return std::nullopt;
}

}  // namespace kv::rpc
