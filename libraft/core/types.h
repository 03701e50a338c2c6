// The vocabulary of the algorithm, with the paper's words (Ongaro and Ousterhout, "In Search of an
// Understandable Consensus Algorithm (Extended Version)"; "thesis" is Ongaro's dissertation).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libraft/base/strong.h"

namespace raft {

/// A leader's reign. The first election makes term 1.
using Term = Strong<std::uint64_t, struct TermTag>;
/// A place in the log. The first entry has index 1; 0 is the place before it.
using Index = Strong<std::uint64_t, struct IndexTag>;
/// A member of the cluster. Never 0 on the wire; "no node" is an empty optional.
using NodeId = Strong<std::uint64_t, struct NodeIdTag>;

/// The largest payload of one entry, in bytes. Far above every client-side limit: it bounds what a reader of
/// disk or network may be asked to allocate.
inline constexpr std::size_t kPayloadBytesMax = 64U << 20U;

/// Bytes shared by the log writer, the peers and the apply thread, each of which lets go at its own time.
using SharedBytes = std::shared_ptr<const std::string>;

/// What an entry is for. Values are on disk and on the wire: never renumbered.
enum class EntryType : std::uint8_t {
  kNoop = 0,           ///< a new leader's first entry (§8); empty payload
  kCommand = 1,        ///< for the state machine
  kConfiguration = 2,  ///< a membership
};

/// One entry of the log.
struct Entry {
  Index index;
  Term term;
  EntryType type = EntryType::kNoop;
  SharedBytes payload;  ///< null means empty

  [[nodiscard]] std::string_view bytes() const {
    return payload ? std::string_view(*payload) : std::string_view();
  }
};

/// What must be durable before a vote or an acknowledgement leaves (Figure 2, "persistent state").
struct HardState {
  Term term;
  std::optional<NodeId> voted_for;

  bool operator==(const HardState&) const = default;
};

/// Index and term of one entry, which together name it (§5.3, Log Matching).
struct EntryId {
  Index index;
  Term term;

  bool operator==(const EntryId&) const = default;
};

/// A run of entries of one term: the log's shape, from which every term_at follows without reading entries.
struct TermRun {
  Index first;
  Term term;

  bool operator==(const TermRun&) const = default;
};

}  // namespace raft
