// A machine in a directory of its own that is fed one command an entry.
#pragma once

#include <gtest/gtest.h>
#include <leveldb/env.h>

#include <memory>
#include <string>
#include <vector>

#include "libkv/machine/machine.h"
#include "tests/support/temporary_directory.h"

namespace kv {

inline constexpr raft::NodeId kSelf{1};

class MachineTest : public ::testing::Test {
 protected:
  void SetUp() override { open(); }

  void open() {
    options_.env = leveldb::Env::Default();
    options_.path = directory_.path();
    auto opened = Machine::open(options_);
    ASSERT_TRUE(opened) << opened.error().text();
    machine_ = std::move(*opened);
  }

  void reopen() {
    machine_.reset();
    open();
  }

  [[nodiscard]] raft::Entry next_entry(std::string payload) {
    return {.index = machine_->applied().index.next(),
            .term = raft::Term(3),
            .type = raft::EntryType::kCommand,
            .payload = std::make_shared<const std::string>(std::move(payload))};
  }

  Outcome apply_payload(std::string payload) {
    const raft::Entry entry = next_entry(std::move(payload));
    auto applied = machine_->apply({&entry, 1});
    EXPECT_TRUE(applied) << applied.error().text();
    EXPECT_EQ(applied->size(), 1U);
    return std::move(applied->front().outcome);
  }

  Outcome apply(const Operation& operation) { return apply_payload(encode_command(kSelf, 1, operation)); }

  /// The revision after the operation, which must not be refused.
  std::int64_t revision_of(const Operation& operation) {
    const Outcome outcome = apply(operation);
    EXPECT_TRUE(outcome.result.has_value());
    return outcome.revision;
  }

  std::optional<KvError> refusal_of(const Operation& operation) {
    const Outcome outcome = apply(operation);
    return outcome.result ? std::nullopt : std::optional(outcome.result.error());
  }

  TxnResult txn(const TxnOp& op) {
    Outcome outcome = apply(op);
    EXPECT_TRUE(outcome.result.has_value());
    return outcome.result ? std::get<TxnResult>(std::move(*outcome.result)) : TxnResult{};
  }

  std::int64_t put(const std::string& key, const std::string& value) {
    return revision_of(PutOp{.key = key, .value = value});
  }

  std::optional<KeyValue> get(const std::string& key, std::int64_t revision = 0) {
    const auto found = machine_->view().range(RangeOp{.key = key, .range_end = "", .revision = revision});
    EXPECT_TRUE(found.has_value());
    if (!found || found->kvs.empty()) return std::nullopt;
    return found->kvs[0];
  }

  std::optional<KvError> read_refusal(const std::string& key, std::int64_t revision) {
    const auto found = machine_->view().range(RangeOp{.key = key, .range_end = "", .revision = revision});
    return found ? std::nullopt : found.error().refused;
  }

  raft::testing::TemporaryDirectory directory_;
  MachineOptions options_;
  std::unique_ptr<Machine> machine_;
};

inline Op range_op(const std::string& key, const std::string& range_end = "", std::int64_t revision = 0) {
  return {RangeOp{.key = key, .range_end = range_end, .revision = revision}};
}
inline Op put_op(const std::string& key, const std::string& value = "v") {
  return {PutOp{.key = key, .value = value}};
}
inline Op delete_op(const std::string& key, const std::string& range_end = "") {
  return {DeleteRangeOp{.key = key, .range_end = range_end}};
}
inline Op txn_op(TxnOp txn) {
  return {std::move(txn)};
}

inline const RangeResult& as_range(const OpResult& result) {
  return std::get<RangeResult>(result.value);
}
inline const TxnResult& as_txn(const OpResult& result) {
  return std::get<TxnResult>(result.value);
}
inline const DeleteRangeResult& as_delete(const OpResult& result) {
  return std::get<DeleteRangeResult>(result.value);
}

}  // namespace kv
