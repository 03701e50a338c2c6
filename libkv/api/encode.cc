#include "libkv/api/encode.h"

#include <algorithm>
#include <variant>

#include "libkv/mvcc/key_value_wire.h"
#include "libraft/base/check.h"

namespace kv::api {
namespace {

std::uint64_t bits(std::int64_t number) {
  return static_cast<std::uint64_t>(number);
}

// The field numbers are etcd's (contract section 1.5), in ascending order as protobuf writes them.

template <class Sink>
void describe(const Header& header, Sink& sink) {
  sink.template number<1>(header.origin.cluster_id);
  sink.template number<2>(header.origin.member.value());
  sink.template number<3>(bits(header.revision));
  sink.template number<4>(header.origin.term.value());
}

template <class Sink>
void describe(const OpResult& op, Sink& sink);

template <std::uint32_t kField, class Sink, class Part>
void embed(const Part& part, Sink& sink) {
  sink.template message<kField>([&part](auto& inner) { describe(part, inner); });
}

template <class Sink>
void describe_body(const RangeResult& result, Sink& sink) {
  for (const KeyValue& kv : result.kvs) embed<2>(kv, sink);
  sink.template number<3>(result.more ? 1 : 0);
  sink.template number<4>(bits(result.count));
}

template <class Sink>
void describe_body(const PutResult& result, Sink& sink) {
  if (result.previous) embed<2>(*result.previous, sink);
}

template <class Sink>
void describe_body(const DeleteRangeResult& result, Sink& sink) {
  sink.template number<2>(bits(result.deleted));
  for (const KeyValue& kv : result.previous) embed<3>(kv, sink);
}

template <class Sink>
void describe_body(const CompactResult&, Sink&) {}

template <class Sink>
void describe_body(const PublishMemberResult&, Sink&) {}

/// The Cluster service answers with messages of its own.
template <class Sink>
void describe_body(const MembersResult&, Sink&) {}

/// So does Maintenance.
template <class Sink>
void describe_body(const AlarmResult&, Sink&) {}

template <class Sink>
void describe_body(const LeaseGrantResult& result, Sink& sink) {
  sink.template number<2>(bits(result.lease));
  sink.template number<3>(bits(result.ttl));
}

template <class Sink>
void describe_body(const LeaseRevokeResult&, Sink&) {}

/// No client asks for one, nor for a raise of the version.
template <class Sink>
void describe_body(const LeaseCheckpointResult&, Sink&) {}

template <class Sink>
void describe_body(const RaiseVersionResult&, Sink&) {}

/// The Auth service answers with messages of its own.
template <class Sink>
void describe_body(const AuthResult&, Sink&) {}

template <class Sink>
void describe_body(const AuthenticateResult&, Sink&) {}

template <class Sink>
void describe_body(const TxnResult& result, Sink& sink) {
  sink.template number<2>(result.succeeded ? 1 : 0);
  for (const OpResult& op : result.responses) embed<3>(op, sink);
}

/// A response of its own, or one inside a Txn's.
template <class Result, class Sink>
void describe_response(const Header& header, const Result& result, Sink& sink) {
  embed<1>(header, sink);
  describe_body(result, sink);
}

/// The fields of ResponseOp's union are numbered in the order of OpResult's alternatives. Nested headers hold
/// a revision only, a nested Txn's not even that.
template <std::uint32_t kField, class Result, class Sink>
void describe_alternative(const OpResult& op, Sink& sink) {
  const auto* result = std::get_if<Result>(&op.value);
  if (result == nullptr) return;
  const Header header{.origin = {}, .revision = std::is_same_v<Result, TxnResult> ? 0 : op.revision};
  sink.template message<kField>([&](auto& inner) { describe_response(header, *result, inner); });
}

template <class Sink>
void describe(const OpResult& op, Sink& sink) {
  describe_alternative<1, RangeResult>(op, sink);
  describe_alternative<2, PutResult>(op, sink);
  describe_alternative<3, DeleteRangeResult>(op, sink);
  describe_alternative<4, TxnResult>(op, sink);
}

/// What `describe(sink)` tells, as bytes; empty when they would be too many.
template <class Describe>
std::string encode_message(const Describe& describe) {
  SizeSink size;
  describe(size);
  std::string bytes;
  if (size.bytes() > kMessageBytesMax) return bytes;
  // The room given may be more than was asked for.
  bytes.resize_and_overwrite(size.bytes(), [&](char* to, std::size_t) {
    WriteSink sink(to);
    describe(sink);
    RAFT_CHECK(sink.end() == to + size.bytes());
    return size.bytes();
  });
  return bytes;
}

template <class Result>
std::string encode_response(const Header& header, const Result& result) {
  return encode_message([&](auto& sink) { describe_response(header, result, sink); });
}

bool is_small_step(const OpResult& op) {
  if (const auto* put = std::get_if<PutResult>(&op.value)) return !put->previous;
  if (const auto* removal = std::get_if<DeleteRangeResult>(&op.value)) return removal->previous.empty();
  if (const auto* range = std::get_if<RangeResult>(&op.value)) return range->kvs.empty();
  return false;
}

}  // namespace

std::string encode(const Header& header, const RangeResult& result) {
  return encode_response(header, result);
}

std::string encode(const Header& header, const TxnResult& result) {
  return encode_response(header, result);
}

std::string encode(const Header& header, const OperationResult& result) {
  return std::visit([&](const auto& one) { return encode_response(header, one); }, result);
}

std::string encode_chunk(const std::optional<Header>& last, const RangeResult& result) {
  return encode_message([&](auto& sink) {
    sink.template message<1>([&](auto& inner) {
      if (last) embed<1>(*last, inner);
      describe_body(result, inner);
    });
  });
}

bool is_small(const OperationResult& result) {
  constexpr std::size_t kStepsMax = 8;
  if (const auto* put = std::get_if<PutResult>(&result)) return !put->previous;
  if (const auto* removal = std::get_if<DeleteRangeResult>(&result)) return removal->previous.empty();
  if (const auto* txn = std::get_if<TxnResult>(&result)) {
    return txn->responses.size() <= kStepsMax &&
           std::all_of(txn->responses.begin(), txn->responses.end(), is_small_step);
  }
  return true;
}

}  // namespace kv::api
