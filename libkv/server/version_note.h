// What a member tells the others about the commands it knows (FORMAT.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "libkv/server/note.h"

namespace kv {

struct VersionNote {
  std::uint32_t knows = 0;    ///< the newest version of commands that the member knows
  std::uint32_t cluster = 0;  ///< the cluster's, as far as the member has applied the log

  bool operator==(const VersionNote&) const = default;
};

/// The body.
std::string encode_version_note(const VersionNote& note);
/// Nothing for a body that is none. Of a note of kVersion.
std::optional<VersionNote> decode_version_note(const Note& note);

}  // namespace kv
