#include "tools/kvctl/auth_output.h"

#include "tools/common/escape.h"
#include "tools/kvctl/message_json.h"
#include "tools/kvctl/output.h"
#include "tools/kvctl/requests.h"

namespace tools::kvctl {
namespace {

constexpr std::string_view kRootRole = "root";

std::string permission_text(const authpb::Permission& permission) {
  const std::string& key = permission.key();
  const std::string& end = permission.range_end();
  if (end.empty()) return "\t" + key + "\n";
  std::string text = "\t[" + key + ", ";
  text += end == std::string(1, '\0') ? "<open ended>" : end + ")";
  if (!key.empty() && prefix_end(key) == end) text += " (prefix " + key + ")";
  return text + "\n";
}

bool allows(const authpb::Permission& permission, authpb::Permission::Type type) {
  return permission.permtype() == type || permission.permtype() == authpb::Permission::READWRITE;
}

}  // namespace

Outcome<void> check_auth_format(const Settings& settings) {
  switch (settings.format) {
    case Format::kTable:
      return no_format("table");
    case Format::kRaw:
      return no_format("raw");
    default:
      return {};
  }
}

void show_json(Context& context, const google::protobuf::Message& response) {
  context.io.out << to_json(response) << '\n';
}

void show_fields(Context& context, const etcdserverpb::ResponseHeader& header, const std::string& fields) {
  fields::print_header(context.io.out, header);
  context.io.out << fields;
}

std::string role_text(const std::string& role, const etcdserverpb::AuthRoleGetResponse& response) {
  std::string text = "Role " + role + "\n";
  // It may do everything, whatever it was granted.
  const bool everything = role == kRootRole && response.perm().empty();
  for (const auto& [title, type] : {std::pair("KV Read:\n", authpb::Permission::READ),
                                    std::pair("KV Write:\n", authpb::Permission::WRITE)}) {
    text += title;
    if (everything) text += "\t[, <open ended>\n";
    for (const auto& permission : response.perm()) {
      if (allows(permission, type)) text += permission_text(permission);
    }
  }
  return text;
}

void show_role(Context& context, const std::string& role, const etcdserverpb::AuthRoleGetResponse& response) {
  std::string fields;
  for (const auto& permission : response.perm()) {
    fields += "\"PermType\" :  " + authpb::Permission::Type_Name(permission.permtype()) +
              "\n\"Key\" : " + quote(permission.key()) + "\n\"RangeEnd\" : " + quote(permission.range_end()) +
              "\n";
  }
  show_answer(context, response, role_text(role, response), fields);
}

std::string lines_of(const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  return text;
}

std::string field_of(const std::string& name, const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::string text = "\"" + name + "\" :";
  for (const std::string& one : names) text += " " + quote(one);
  return text + "\n";
}

}  // namespace tools::kvctl
