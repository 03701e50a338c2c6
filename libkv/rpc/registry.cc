#include "libkv/rpc/registry.h"

#include <utility>

#include "libraft/base/check.h"

namespace kv::rpc {

void Registry::add(Method method) {
  const std::size_t slash = method.path.rfind('/');
  RAFT_CHECK(method.path.starts_with('/'));
  RAFT_CHECK(slash != 0);
  services_.insert(method.path.substr(1, slash - 1));
  std::string path = method.path;
  const bool added = methods_.emplace(std::move(path), std::make_unique<Method>(std::move(method))).second;
  RAFT_CHECK(added);
}

const Method* Registry::find(std::string_view path) const {
  const auto found = methods_.find(path);
  return found == methods_.end() ? nullptr : found->second.get();
}

Status Registry::unknown(std::string_view path) const {
  const std::string whole(path);
  const std::size_t slash = whole.rfind('/');
  if (!whole.starts_with('/') || slash == 0) {
    return {Code::kUnimplemented, "malformed method name: \"" + whole + "\""};
  }
  const std::string service = whole.substr(1, slash - 1);
  if (!services_.contains(service)) return {Code::kUnimplemented, "unknown service " + service};
  return {Code::kUnimplemented, "unknown method " + whole.substr(slash + 1) + " for service " + service};
}

}  // namespace kv::rpc
