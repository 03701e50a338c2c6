#include "libkv/api/recipe.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "libkv/api/lease_id.h"
#include "libkv/api/unary.h"
#include "libkv/machine/authorize.h"

namespace kv::api {
namespace {

RangeOp line_of(const std::string& name) {
  // The prefix ends with a slash, behind which there is always another byte.
  std::string end = line_prefix(name);
  ++end.back();
  return {
      .key = line_prefix(name), .range_end = std::move(end), .limit = 1, .sort_target = SortTarget::kCreate};
}

}  // namespace

std::string line_prefix(const std::string& name) {
  return name + "/";
}

std::string place_key(const std::string& name, std::int64_t lease) {
  char digits[17];  // clients write a negative one as its amount behind a sign
  const auto written = std::to_chars(digits, digits + sizeof(digits), lease, 16);
  return line_prefix(name).append(digits, written.ptr);
}

RangeOp oldest_of(const std::string& name) {
  RangeOp op = line_of(name);
  op.sort_order = SortOrder::kAscend;
  return op;
}

RangeOp one_before(const std::string& name, std::int64_t revision) {
  RangeOp op = line_of(name);
  op.sort_order = SortOrder::kDescend;
  op.keys_only = true;
  op.max_create_revision = revision - 1;
  return op;
}

RangeOp still_there(const std::string& key, std::int64_t revision) {
  return {.key = key,
          .range_end = {},
          .keys_only = true,
          .min_create_revision = revision,
          .max_create_revision = revision};
}

Compare created_at(const std::string& key, std::int64_t revision) {
  return {.target = Compare::Target::kCreate, .key = key, .range_end = {}, .number = revision, .value = {}};
}

std::optional<rpc::Status> refused_line(const Context& context, const Caller& caller,
                                        const std::string& name) {
  auto status = refused(context, known_now(context, caller),
                        [&name](const AuthTable& table, const Principal& principal) {
                          return may_range(table, principal, oldest_of(name));
                        });
  if (status) status = recipe_error(std::move(*status));
  return status;
}

rpc::Status recipe_error(rpc::Status status) {
  if (!status.ok()) status.code = rpc::Code::kUnknown;
  return status;
}

rpc::Status no_key() {
  return recipe_error(status_of(ApiError::kEmptyKey));
}

void with_lease(const Context& context, const rpc::CallPtr& call, const Caller& caller, std::int64_t lease,
                LeaseReady ready) {
  if (lease != 0) return ready(lease);
  LeaseGrantOp grant{.lease = new_lease_id(), .ttl = std::max(kRecipeTtl, context.server.lease_ttl_min())};
  const auto granted = [call, given = grant.lease, ready = std::move(ready)](const auto& outcome) {
    if (!outcome) return refuse(call, recipe_error(status_of(outcome.error().error)));
    if (!outcome->result) return refuse(call, recipe_error(status_of(outcome->result.error())));
    ready(given);
  };
  context.server.write(grant, granted, {.principal = caller});
}

}  // namespace kv::api
