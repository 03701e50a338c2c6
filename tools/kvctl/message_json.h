// A message of the API as JSON, exactly as Go's encoding/json writes etcd's structs.
#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "tools/common/json_writer.h"

namespace tools::kvctl {

/// Fields in the order of the .proto under their names there, those without a value left out; bytes in
/// base64, 64-bit numbers and enums as numbers; the members of a oneof in a struct of its own, as Go has it.
void write_json(JsonWriter& json, const google::protobuf::Message& message);

std::string to_json(const google::protobuf::Message& message);

}  // namespace tools::kvctl
