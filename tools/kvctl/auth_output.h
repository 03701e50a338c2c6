// What auth, user and role print: as etcdctl.
#pragma once

#include <string>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/kvctl/command.h"

namespace tools::kvctl {

/// Before anything is changed. Failure: kExitUsage, unless answers of Auth have the format asked for.
Outcome<void> check_auth_format(const Settings& settings);

/// One object with --write-out json, the header (and `fields` behind it) with fields, `text` otherwise.
template <class Response>
void show_answer(Context& context, const Response& response, const std::string& text,
                 const std::string& fields = {});

/// A role as the simple format has it.
std::string role_text(const std::string& role, const etcdserverpb::AuthRoleGetResponse& response);
void show_role(Context& context, const std::string& role, const etcdserverpb::AuthRoleGetResponse& response);

/// The names, one a line; as one field `name`.
std::string lines_of(const google::protobuf::RepeatedPtrField<std::string>& names);
std::string field_of(const std::string& name, const google::protobuf::RepeatedPtrField<std::string>& names);

// What the template needs.
void show_json(Context& context, const google::protobuf::Message& response);
void show_fields(Context& context, const etcdserverpb::ResponseHeader& header, const std::string& fields);

template <class Response>
void show_answer(Context& context, const Response& response, const std::string& text,
                 const std::string& fields) {
  switch (context.settings.format) {
    case Format::kJson:
    case Format::kJsonl:
      return show_json(context, response);
    case Format::kFields:
      return show_fields(context, response.header(), fields);
    default:
      context.io.out << text;
  }
}

}  // namespace tools::kvctl
