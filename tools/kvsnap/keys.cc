#include "tools/kvsnap/keys.h"

#include "libkv/mvcc/record.h"
#include "tools/common/json_writer.h"
#include "tools/kvsnap/survey.h"

namespace tools::kvsnap {
Outcome<LiveKeys> live_keys(Input& input, Values values,
                            const std::function<bool(std::string_view)>& wanted) {
  LiveKeys keys;
  const auto row = [&](std::string_view key, std::string_view value) -> raft::Result<void> {
    if (!key.starts_with(kv::kRecordPrefix)) return {};
    ASSIGN_OR_RETURN(const kv::ParsedKey parsed, kv::parse_key(key));
    if (parsed.mark) return {};
    auto decoded = kv::decode_record(parsed.revision, value);
    if (!decoded) return raft::fail(std::move(decoded.error()));
    const kv::Record& record = decoded->record;
    if (!wanted(record.key)) return {};
    if (record.deleted) {
      keys.erase(std::string(record.key));
      return {};
    }
    LiveKey& live = keys[std::string(record.key)];
    live = {.create = record.create,
            .modified = parsed.revision.main,
            .version = record.version,
            .lease = record.lease,
            .value = values == Values::kKeep ? std::string(record.value) : std::string()};
    return {};
  };
  TRY_ASSIGN([[maybe_unused]] const Survey read, survey(input, {.header = {}, .row = row}));
  return keys;
}

std::string json_line(std::string_view key, const LiveKey& live, Values values) {
  JsonWriter json;
  json.begin_object();
  json.member("key", key);
  if (values == Values::kKeep) json.member("value", live.value);
  json.key("create_revision").number(live.create).key("mod_revision").number(live.modified);
  json.key("version").number(live.version);
  if (live.lease != 0) json.key("lease").string(std::to_string(live.lease));
  return json.end_object().take();
}

}  // namespace tools::kvsnap
