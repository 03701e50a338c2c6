// What a desk asks of its member, kept to be looked at.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "libkv/server/office.h"

namespace kv::testing {

/// Thread: one.
class FakeOffice final : public Office {
 public:
  explicit FakeOffice(raft::NodeId self) : self_(self) {}

  raft::NodeId self() const override { return self_; }
  std::vector<MemberInfo> members() const override { return table; }
  std::vector<Alarm> alarms() const override { return {}; }
  bool has_leader() const override { return true; }
  bool leads() const override { return leading; }
  bool connected(raft::NodeId /*member*/) const override { return true; }
  void write(Operation operation, WriteDone /*done*/, const WriteOptions& /*options*/) override {
    proposed.push_back(std::move(operation));
  }
  void read(ReadDone /*done*/) override {}
  void propose(const Operation& operation, WriteDone /*done*/) override { proposed.push_back(operation); }
  void send(raft::NodeId to, const Note& note) override { sent.emplace_back(to, encode_note(note)); }
  void fail(const raft::Error& error) override { failures.push_back(error); }
  void log(raft::LogLevel /*level*/, std::string_view line) const override { lines.emplace_back(line); }

  std::vector<MemberInfo> table;
  bool leading = false;
  std::vector<Operation> proposed;                         ///< none is answered
  std::vector<std::pair<raft::NodeId, std::string>> sent;  ///< whole notes
  std::vector<raft::Error> failures;
  mutable std::vector<std::string> lines;

 private:
  const raft::NodeId self_;
};

}  // namespace kv::testing
