#include "libkv/gateway/gateway.h"

#include <google/protobuf/message.h>

#include <memory>
#include <utility>
#include <vector>

#include "libkv/gateway/call.h"
#include "libkv/gateway/errors.h"
#include "libkv/gateway/json.h"
#include "libkv/gateway/routes.h"
#include "libkv/rpc/http_text.h"

namespace kv::gateway {
namespace {

using google::protobuf::MethodDescriptor;
using rpc::Code;
using rpc::HttpRequest;
using rpc::Status;

/// Messages in the body of one request to a method that takes many.
constexpr std::size_t kMessagesMax = 1024;

constexpr std::string_view kMetadataPrefix = "grpc-metadata-";

/// As net/http says it.
rpc::HttpResponse words(int status) {
  rpc::HttpResponse response = rpc::plain_response(status);
  response.body = std::string(rpc::http_reason(status)) + "\n";
  for (auto& header : common_headers()) response.headers.push_back(std::move(header));
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return response;
}

/// What a client of gRPC would send as metadata.
rpc::Metadata metadata_of(const rpc::Metadata& headers) {
  rpc::Metadata metadata;
  for (const auto& [name, value] : headers) {
    if (name == "authorization") metadata.emplace_back(name, value);
    if (name.starts_with(kMetadataPrefix)) {
      metadata.emplace_back(name.substr(kMetadataPrefix.size()), value);
    }
  }
  return metadata;
}

using Messages = std::expected<std::vector<std::string>, Status>;

/// The body's messages in protobuf's bytes. A body that is wrong is the client's fault, but for methods that
/// take many messages etcd says otherwise.
Messages read_messages(const MethodDescriptor& types, const std::string& body, std::size_t bytes_max) {
  const bool many = types.client_streaming();
  const Code fault = many ? Code::kUnknown : Code::kInvalidArgument;
  const auto values = read_values(body, many ? kMessagesMax : 1);
  if (!values) return std::unexpected(Status{fault, values.error()});
  const auto* const prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(types.input_type());
  std::vector<std::string> messages;
  for (const auto& value : *values) {
    const std::unique_ptr<google::protobuf::Message> message(prototype->New());
    if (auto read = from_json(value, *message); !read) return std::unexpected(Status{fault, read.error()});
    messages.push_back(message->SerializeAsString());
    if (messages.back().size() <= bytes_max) continue;
    return std::unexpected(Status{Code::kResourceExhausted, "grpc: received message larger than max (" +
                                                                std::to_string(messages.back().size()) +
                                                                " vs. " + std::to_string(bytes_max) + ")"});
  }
  // No body is an empty message.
  if (messages.empty() && !many) messages.emplace_back();
  return messages;
}

void serve(const rpc::Server& server, const GatewayOptions& options, const MethodDescriptor& types,
           HttpRequest request, const HttpAnswer& answer) {
  const std::string path = "/" + types.service()->full_name() + "/" + types.name();
  const rpc::Method* const method = server.find(path);
  if (method == nullptr) {
    return answer(error_page({Code::kUnimplemented, "unknown method " + types.name() + " for service " +
                                                        types.service()->full_name()}));
  }
  const Messages messages = read_messages(types, request.body, options.message_bytes_max);
  if (!messages) return answer(error_page(messages.error()));
  const auto call = std::make_shared<Call>(Call::Parts{.method = method,
                                                       .types = &types,
                                                       .exchange = std::move(request.exchange),
                                                       .answer = answer,
                                                       .metadata = metadata_of(request.headers)});
  call->run(*messages);
}

}  // namespace

rpc::HttpHandler with_gateway(const rpc::Server& server, GatewayOptions options, rpc::HttpHandler others) {
  return [&server, options, others = std::move(others)](HttpRequest request, const HttpAnswer& answer) {
    const std::string path = request.target.substr(0, request.target.find('?'));
    if (!is_gateway_path(path)) return others(std::move(request), answer);
    if (request.method == "OPTIONS") {
      return answer({.content_type = {}, .body = {}, .headers = common_headers()});
    }
    const MethodDescriptor* const types = find_route(path);
    if (types == nullptr) return answer(words(404));
    if (request.method != "POST") return answer(words(405));
    serve(server, options, *types, std::move(request), answer);
  };
}

}  // namespace kv::gateway
