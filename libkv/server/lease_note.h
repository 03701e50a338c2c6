// What members say to each other about the time of leases (FORMAT.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libkv/server/note.h"
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

/// The body.
std::string encode_lease_note(const LeaseNote& note);
/// Nothing for a body that is none. Of a note whose kind is a LeaseQuestion.
std::optional<LeaseNote> decode_lease_note(const Note& note);

}  // namespace kv
