#include "tools/kvctl/import_line.h"

#include <boost/json.hpp>

#include "libraft/base/base64.h"

namespace tools::kvctl {
namespace {

namespace json = boost::json;

std::unexpected<Failure> bad_line(std::string text) {
  return refuse(kExitData, std::move(text));
}

/// The bytes under `name`, or in base64 under `name`_b64.
Outcome<std::string> take_bytes(const json::object& object, const std::string& name) {
  const auto* plain = object.if_contains(name);
  const auto* encoded = object.if_contains(name + "_b64");
  if (plain == nullptr && encoded == nullptr)
    return bad_line("no \"" + name + "\" and no \"" + name + "_b64\"");
  if (plain != nullptr && encoded != nullptr)
    return bad_line("both \"" + name + "\" and \"" + name + "_b64\"");
  const auto* text = (plain != nullptr ? plain : encoded)->if_string();
  if (text == nullptr) return bad_line("the " + name + " is not a string");
  if (plain != nullptr) return std::string(text->data(), text->size());
  auto bytes = raft::base64_decode({text->data(), text->size()});
  if (!bytes) return bad_line("\"" + name + "_b64\" is not base64");
  return std::move(*bytes);
}

}  // namespace

Outcome<ImportLine> parse_import_line(std::string_view line) {
  boost::system::error_code error;
  const json::value value = json::parse({line.data(), line.size()}, error);
  if (error) return bad_line("not JSON: " + error.message());
  const json::object* object = value.if_object();
  if (object == nullptr) return bad_line("not a JSON object");
  ImportLine result;
  TRY_ASSIGN(result.key, take_bytes(*object, "key"));
  TRY_ASSIGN(result.value, take_bytes(*object, "value"));
  if (result.key.empty()) return bad_line("the key is empty");
  const auto* lease = object->if_contains("lease");
  result.had_lease = lease != nullptr && lease->is_int64() && lease->as_int64() != 0;
  return result;
}

}  // namespace tools::kvctl
