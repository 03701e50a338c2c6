// What the desks of a member may ask of it.
#pragma once

#include <vector>

#include "libkv/server/note.h"
#include "libkv/server/server.h"
#include "libraft/base/log_sink.h"
#include "libraft/base/result.h"

namespace kv {

/// Thread: any, but not before the member has started where it says so.
class Office {
 public:
  virtual ~Office() = default;

  [[nodiscard]] virtual raft::NodeId self() const = 0;
  /// The table of members, as applied.
  [[nodiscard]] virtual std::vector<MemberInfo> members() const = 0;
  [[nodiscard]] virtual std::vector<Alarm> alarms() const = 0;
  /// Cheap: whether this member knows a leader.
  [[nodiscard]] virtual bool has_leader() const = 0;
  /// Whether this member leads, as far as it knows. Started.
  [[nodiscard]] virtual bool leads() const = 0;
  /// Whether there is a connection with that member.
  [[nodiscard]] virtual bool connected(raft::NodeId member) const = 0;

  /// As KvServer's, with its checks. Started.
  virtual void write(Operation operation, WriteDone done, const WriteOptions& options = {}) = 0;
  virtual void read(ReadDone done) = 0;
  /// A write of the member's own, which no quota and no wrong state keeps back. Started.
  virtual void propose(const Operation& operation, WriteDone done) = 0;
  /// It may be lost: who asks asks again.
  virtual void send(raft::NodeId to, const Note& note) = 0;
  /// This member cannot go on; the process should end.
  virtual void fail(const raft::Error& error) = 0;
  virtual void log(raft::LogLevel level, std::string_view line) const = 0;
};

}  // namespace kv
