// etcdserverpb.Maintenance/Downgrade (contract section 7.1): members of this store go back to no older etcd,
// so no version is a valid target and no job is ever under way.
#include <algorithm>
#include <string_view>

#include "libkv/api/caller.h"
#include "libkv/api/context.h"
#include "libkv/api/errors.h"
#include "libkv/api/proto/rpc.pb.h"
#include "libkv/api/unary.h"

namespace kv::api {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// "3.5" or "3.5.0".
bool is_version(std::string_view text) {
  int parts = 0;
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_number(text.substr(0, dot))) return false;
    ++parts;
    if (dot == std::string_view::npos) return parts == 2 || parts == 3;
    text.remove_prefix(dot + 1);
  }
}

ApiError refusal_of(const etcdserverpb::DowngradeRequest& request) {
  if (request.action() == etcdserverpb::DowngradeRequest::CANCEL) return ApiError::kNoDowngrade;
  return is_version(request.version()) ? ApiError::kDowngradeTarget : ApiError::kDowngradeFormat;
}

}  // namespace

void register_downgrade(rpc::Server& server, const Context& context) {
  server.add_unary("/etcdserverpb.Maintenance/Downgrade",
                   [&context](const rpc::CallPtr& call, std::string_view bytes) {
                     if (auto refused = intercept(context, *call, Learner::kMayNot))
                       return refuse(call, std::move(*refused));
                     etcdserverpb::DowngradeRequest request;
                     if (!parse(call, bytes, request)) return;
                     with_caller(context, call, [call, refusal = refusal_of(request)](const Caller&) {
                       refuse(call, status_of(refusal));
                     });
                   });
}

}  // namespace kv::api
