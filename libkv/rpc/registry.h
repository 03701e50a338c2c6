// The methods a server knows, by path.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "libkv/rpc/server.h"
#include "libkv/rpc/status.h"

namespace kv::rpc {

/// Filled before the server starts, read by every I/O thread afterwards.
class Registry {
 public:
  void add(Method method);

  /// Null when there is no such method.
  [[nodiscard]] const Method* find(std::string_view path) const;
  /// What a call of a path that find does not know is answered with.
  [[nodiscard]] Status unknown(std::string_view path) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, std::unique_ptr<Method>, Hash, std::equal_to<>> methods_;
  std::unordered_set<std::string> services_;
};

}  // namespace kv::rpc
