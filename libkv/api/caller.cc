#include "libkv/api/caller.h"

#include <string_view>

#include "libkv/api/recipe.h"
#include "libkv/machine/command_version.h"

namespace kv::api {
namespace {

constexpr std::string_view kBearer = "Bearer ";

/// Where etcd's clients put it, and where those of the JSON gateway do.
std::optional<std::string_view> token_of(const rpc::Metadata& metadata) {
  auto token = rpc::find(metadata, "token");
  if (!token) token = rpc::find(metadata, "authorization");
  if (token && token->starts_with(kBearer)) token->remove_prefix(kBearer.size());
  return token;
}

Recognised permitted(const Context& context, const rpc::ServerCall& call, Caller caller) {
  if (auto status = refused(context, caller, access_of(call.path()))) {
    return std::unexpected(of_service(call, std::move(*status)));
  }
  return caller;
}

}  // namespace

std::optional<Recognised> recognise(const Context& context, const rpc::ServerCall& call) {
  if (access_of(call.path()) == Access::kOpen) return Recognised(Caller());
  if (const auto token = token_of(call.metadata())) {
    Caller caller = context.server.principal_of(*token);
    if (!caller) return std::nullopt;
    return permitted(context, call, std::move(caller));
  }
  const std::string_view name = call.certificate_name();
  if (!context.options.certificate_names || name.empty()) return permitted(context, call, std::nullopt);
  return permitted(context, call,
                   Principal{.user = std::string(name), .revision = context.server.auth_revision()});
}

void await_caller(const Context& context, const rpc::CallPtr& call, std::function<void(Recognised)> next) {
  const std::string_view token = token_of(call->metadata()).value_or("");
  context.server.await_principal(
      token, call->peer(), [&context, call, next = std::move(next)](std::optional<Principal> principal) {
        call->post([&context, call, next, principal = std::move(principal)] {
          if (principal) return next(permitted(context, *call, principal));
          next(std::unexpected(of_service(*call, status_of(ServerError::kUnknownToken))));
        });
      });
}

std::optional<rpc::Status> refused(const Context& context, const Caller& caller, Access access) {
  switch (access) {
    case Access::kOpen:
    case Access::kKeys:
      return std::nullopt;
    case Access::kUser:
      return refused(context, caller,
                     [](const AuthTable& table, const Principal& principal) -> std::optional<KvError> {
                       if (table.find_user(principal.user) != nullptr) return std::nullopt;
                       return KvError::kUserNotFound;
                     });
    case Access::kAdmin:
      break;
  }
  if (!context.server.auth_enabled()) return std::nullopt;
  const auto error = context.server.auth()->is_admin(caller);
  if (!error) return std::nullopt;
  return status_of(*error);
}

Caller known_now(const Context& context, Caller caller) {
  if (caller) caller->revision = context.server.auth_revision();
  return caller;
}

WriteOptions as_client(const Context& context, Caller caller) {
  const bool known = context.server.status().command_version >= kAuthVersion;
  if (!caller && known) caller = Principal();
  return {.session = std::nullopt, .principal = std::move(caller)};
}

rpc::Status of_service(const rpc::ServerCall& call, rpc::Status status) {
  const std::string_view path = call.path();
  const bool recipe = path.starts_with("/v3lockpb.") || path.starts_with("/v3electionpb.");
  return recipe ? recipe_error(std::move(status)) : status;
}

}  // namespace kv::api
