// What members say to each other about the time of leases (FORMAT.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libkv/server/note_kind.h"
#include "libkv/server/server.h"

namespace kv {

enum class LeaseQuestion : std::uint8_t {
  kKeepAlive = static_cast<std::uint8_t>(NoteKind::kKeepAlive),
  kTimeToLive = static_cast<std::uint8_t>(NoteKind::kTimeToLive),
};

struct LeaseNote {
  LeaseQuestion question{};
  std::uint64_t ticket = 0;  ///< of the member that asks; comes back
  std::int64_t lease = 0;
  std::optional<LeaseAnswer> answer = {};

  bool operator==(const LeaseNote&) const = default;
};

std::string encode_note(const LeaseNote& note);
/// Nothing for bytes that are none, or of a version that is not known: notes may be lost.
std::optional<LeaseNote> decode_note(std::string_view bytes);

}  // namespace kv
