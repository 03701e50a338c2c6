// Changes as a store would tell them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "libkv/mvcc/change.h"

namespace kv {

inline KeyValue key_value(const std::string& key, const std::string& value, std::int64_t create,
                          std::int64_t mod, std::int64_t version) {
  return {.key = key,
          .value = value,
          .create_revision = create,
          .mod_revision = mod,
          .version = version,
          .lease = 0};
}

inline Change put_at(std::int64_t revision, const std::string& key, const std::string& value = "v",
                     std::optional<KeyValue> previous = std::nullopt) {
  const std::int64_t create = previous ? previous->create_revision : revision;
  const std::int64_t version = previous ? previous->version + 1 : 1;
  return {.revision = {revision, 0},
          .kv = key_value(key, value, create, revision, version),
          .deleted = false,
          .previous = std::move(previous)};
}

inline Change delete_at(std::int64_t revision, const std::string& key,
                        std::optional<KeyValue> previous = std::nullopt) {
  Change change{.revision = {revision, 0}, .kv = {}, .deleted = true, .previous = std::move(previous)};
  change.kv.key = key;
  change.kv.mod_revision = revision;
  return change;
}

}  // namespace kv
