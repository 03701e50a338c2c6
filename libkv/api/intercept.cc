#include "libkv/api/context.h"
#include "libkv/api/errors.h"
#include "libkv/api/metrics.h"
#include "libraft/base/utf8.h"

namespace kv::api {

std::optional<rpc::Status> intercept(const Context& context, const rpc::ServerCall& call, Learner learner) {
  if (learner == Learner::kMayNot && context.server.is_learner())
    return status_of(ApiError::kNotSupportedForLearner);
  const rpc::Metadata& metadata = call.metadata();
  const auto version = rpc::find(metadata, "client-api-version");
  if (version && !raft::is_utf8(*version)) return status_of(ApiError::kInvalidClientVersion);
  if (context.metrics != nullptr) context.metrics->count_client(version.value_or(""));
  const auto has_leader = rpc::find(metadata, "hasleader");
  if (has_leader == "true" && !context.server.has_leader()) return status_of(ApiError::kNoLeader);
  return std::nullopt;
}

}  // namespace kv::api
