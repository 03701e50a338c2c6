// The results of writes that were made in sessions: a retry is given the first one and changes nothing. Part
// of the replicated state; bounded, without a clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "libkv/session/session.h"
#include "libkv/session/session_limits.h"
#include "libkv/session/session_row.h"
#include "libraft/base/result.h"

namespace kv {

/// The same on every member that applied the same entries. Sessions that were not used for longest go first,
/// whole; what then comes from one of them is refused, never carried out again. Thread: none of its own.
class SessionTable {
 public:
  using Row = std::pair<std::string, std::string>;

  explicit SessionTable(const SessionLimits& limits = {}) : limits_(limits) {}
  /// From rows under kSessionPrefix in order of key, of a state at entry `applied`. kCorruption with the
  /// place.
  static raft::Result<SessionTable> from_rows(const std::vector<Row>& rows, std::uint64_t applied,
                                              const SessionLimits& limits = {});

  /// This write was not applied before.
  struct New {};
  /// It was; the kept result.
  struct Known {
    std::string_view result;  ///< valid until the table changes
  };
  /// It may have been, but nothing is known of it any more.
  struct Forgotten {};
  /// The same for all of the session.
  struct Expired {};
  using Standing = std::variant<New, Known, Forgotten, Expired>;

  /// What to do with a write; `index`: of the entry that holds it.
  [[nodiscard]] Standing look(const SessionTag& tag, std::uint64_t index) const;

  /// How the rows of the state follow.
  struct Changes {
    std::vector<std::string> removed;  ///< before `put`
    std::vector<Row> put;
  };
  /// Keeps the result of a write that was New and was carried out by entry `index`, above all before it.
  Changes keep(const SessionTag& tag, std::uint64_t index, std::string result);

  /// Whether both keep the same, whatever their limits.
  bool operator==(const SessionTable& other) const {
    return horizon_ == other.horizon_ && sessions_ == other.sessions_;
  }
  [[nodiscard]] const SessionLimits& limits() const { return limits_; }
  [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Session {
    std::uint64_t used = 0;       // the entry of its newest write
    std::uint64_t forgotten = 0;  // of the numbers up to this one nothing is kept
    std::map<std::uint64_t, std::string> results;

    bool operator==(const Session&) const = default;
  };

  void load(const SessionRow& row);
  void forget(const SessionId& id, Session& session, std::uint64_t up_to, Changes& changes);
  void shrink(Changes& changes);
  void set_result(Session& session, std::uint64_t sequence, std::string result);

  SessionLimits limits_;
  std::map<SessionId, Session> sessions_;
  std::map<std::uint64_t, SessionId> by_use_;  // Session::used -> whose
  /// The newest write of any session that is gone. What was born before it may be one of those.
  std::uint64_t horizon_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace kv
