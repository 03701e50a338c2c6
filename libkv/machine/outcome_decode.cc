#include <algorithm>

#include "libkv/machine/command_codec.h"
#include "libkv/machine/outcome_codec.h"
#include "libraft/base/bytes.h"

namespace kv {
namespace {

using codec::OutcomeKind;
using codec::StepKind;

/// Lists are grown as their elements arrive.
constexpr std::uint64_t kResultReserveMax = 128;

/// Reads what OutcomeEncoder wrote. A fault latches; every loop stops at it.
class OutcomeDecoder {
 public:
  explicit OutcomeDecoder(std::string_view input) : reader_(input) {}

  raft::Result<Outcome> outcome() {
    Outcome outcome{.revision = number(), .result = {}};
    result(outcome);
    if (!reader_.done()) {
      return raft::fail(raft::ErrorCode::kCorruption, "outcome", "truncated, trailing or unknown bytes");
    }
    return outcome;
  }

 private:
  void result(Outcome& outcome) {
    switch (static_cast<OutcomeKind>(reader_.u8())) {
      case OutcomeKind::kRefused:
        outcome.result = std::unexpected(static_cast<KvError>(reader_.u8()));
        return;
      case OutcomeKind::kPut:
        return read(outcome.result->emplace<PutResult>());
      case OutcomeKind::kDeleteRange:
        return read(outcome.result->emplace<DeleteRangeResult>());
      case OutcomeKind::kTxn:
        return read(outcome.result->emplace<TxnResult>());
      case OutcomeKind::kCompact:
        outcome.result->emplace<CompactResult>();
        return;
      case OutcomeKind::kLeaseGrant:
        return read(outcome.result->emplace<LeaseGrantResult>());
      case OutcomeKind::kLeaseRevoke:
        outcome.result->emplace<LeaseRevokeResult>().lease = number();
        return;
    }
    reader_.reject();
  }

  void read(PutResult& result) {
    if (flag()) read(result.previous.emplace());
  }
  void read(DeleteRangeResult& result) {
    result.deleted = number();
    list(result.previous);
  }
  void read(TxnResult& result) {
    if (++depth_ > kTxnDepthMax) return reader_.reject();
    result.succeeded = flag();
    list(result.responses);
    --depth_;
  }
  void read(LeaseGrantResult& result) {
    result.lease = number();
    result.ttl = number();
  }
  void read(RangeResult& result) {
    result.more = flag();
    result.count = number();
    list(result.kvs);
  }

  void read(KeyValue& kv) {
    kv.key = reader_.bytes();
    kv.create_revision = number();
    kv.mod_revision = number();
    kv.version = number();
    kv.lease = number();
    kv.value = reader_.bytes();
  }

  void read(OpResult& step) {
    const auto kind = static_cast<StepKind>(reader_.u8());
    step.revision = number();
    switch (kind) {
      case StepKind::kRange:
        return read(step.value.emplace<RangeResult>());
      case StepKind::kPut:
        return read(step.value.emplace<PutResult>());
      case StepKind::kDeleteRange:
        return read(step.value.emplace<DeleteRangeResult>());
      case StepKind::kTxn:
        return read(step.value.emplace<TxnResult>());
    }
    reader_.reject();
  }

  template <class T>
  void list(std::vector<T>& items) {
    const std::uint64_t count = reader_.varint();
    items.reserve(static_cast<std::size_t>(std::min(count, kResultReserveMax)));
    for (std::uint64_t i = 0; i < count && reader_.ok(); ++i) read(items.emplace_back());
  }

  std::int64_t number() { return codec::unzigzag(reader_.varint()); }
  bool flag() {
    const std::uint8_t value = reader_.u8();
    if (value > 1) reader_.reject();
    return value == 1;
  }

  raft::ByteReader reader_;
  std::size_t depth_ = 0;
};

}  // namespace

raft::Result<Outcome> decode_outcome(std::string_view bytes) {
  return OutcomeDecoder(bytes).outcome();
}

}  // namespace kv
