#include "libkv/machine/command_codec.h"
#include "libkv/machine/outcome_codec.h"
#include "libraft/base/bytes.h"
#include "libraft/base/check.h"

namespace kv {
namespace {

using codec::OutcomeKind;
using codec::StepKind;

/// One overload for each part, in the order of libkv/mvcc/FORMAT.md. Stops growing soon behind the limit.
class OutcomeEncoder {
 public:
  OutcomeEncoder(std::string& out, std::size_t bytes_max) : out_(out), writer_(out), bytes_max_(bytes_max) {}

  [[nodiscard]] bool fits() const { return out_.size() <= bytes_max_; }

  void head(std::int64_t revision, OutcomeKind kind) {
    number(revision);
    writer_.u8(static_cast<std::uint8_t>(kind));
  }
  void refusal(KvError error) { writer_.u8(static_cast<std::uint8_t>(error)); }

  void write(const PutResult& result) {
    writer_.u8(result.previous ? 1 : 0);
    if (result.previous) write(*result.previous);
  }
  void write(const DeleteRangeResult& result) {
    number(result.deleted);
    list(result.previous);
  }
  void write(const TxnResult& result) {
    writer_.u8(result.succeeded ? 1 : 0);
    list(result.responses);
  }
  void write(const CompactResult&) {}
  void write(const LeaseGrantResult& result) {
    number(result.lease);
    number(result.ttl);
  }
  void write(const LeaseRevokeResult& result) { number(result.lease); }
  template <class Other>
  void write(const Other&) {
    RAFT_CHECK(false);  // not of an operation that is_repeatable
  }

 private:
  void number(std::int64_t value) { writer_.varint(codec::zigzag(value)); }

  void write(const KeyValue& kv) {
    writer_.bytes(kv.key);
    number(kv.create_revision);
    number(kv.mod_revision);
    number(kv.version);
    number(kv.lease);
    writer_.bytes(kv.value);
  }

  void write(const RangeResult& result) {
    writer_.u8(result.more ? 1 : 0);
    number(result.count);
    list(result.kvs);
  }

  void write(const OpResult& step) {
    // In the order of the alternatives.
    writer_.u8(static_cast<std::uint8_t>(step.value.index() + 1));
    number(step.revision);
    std::visit([this](const auto& result) { write(result); }, step.value);
  }

  template <class T>
  void list(const std::vector<T>& items) {
    writer_.varint(items.size());
    for (const T& item : items) {
      if (!fits()) return;
      write(item);
    }
  }

  std::string& out_;
  raft::ByteWriter writer_;
  const std::size_t bytes_max_;
};

struct OutcomeNamer {
  OutcomeKind operator()(const PutResult&) const { return OutcomeKind::kPut; }
  OutcomeKind operator()(const DeleteRangeResult&) const { return OutcomeKind::kDeleteRange; }
  OutcomeKind operator()(const TxnResult&) const { return OutcomeKind::kTxn; }
  OutcomeKind operator()(const CompactResult&) const { return OutcomeKind::kCompact; }
  OutcomeKind operator()(const LeaseGrantResult&) const { return OutcomeKind::kLeaseGrant; }
  OutcomeKind operator()(const LeaseRevokeResult&) const { return OutcomeKind::kLeaseRevoke; }
  template <class Other>
  OutcomeKind operator()(const Other&) const {
    RAFT_CHECK(false);  // not of an operation that is_repeatable
    return OutcomeKind::kRefused;
  }
};

std::string encode_refusal(std::int64_t revision, KvError error) {
  std::string out;
  OutcomeEncoder encoder(out, 0);
  encoder.head(revision, OutcomeKind::kRefused);
  encoder.refusal(error);
  return out;
}

}  // namespace

std::string encode_outcome(const Outcome& outcome, std::size_t bytes_max) {
  if (!outcome.result) return encode_refusal(outcome.revision, outcome.result.error());
  std::string out;
  OutcomeEncoder encoder(out, bytes_max);
  encoder.head(outcome.revision, std::visit(OutcomeNamer{}, *outcome.result));
  std::visit([&encoder](const auto& result) { encoder.write(result); }, *outcome.result);
  if (!encoder.fits()) return encode_refusal(outcome.revision, KvError::kResultTooLarge);
  return out;
}

}  // namespace kv
