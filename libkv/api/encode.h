// The KV responses as bytes, straight from the store's results: one allocation and one copy of each value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "libkv/machine/outcome.h"
#include "libkv/server/server.h"

namespace kv::api {

/// Who answers, and the store's revision that the answer shows (contract section 1.0.2).
struct Header {
  Origin origin;
  std::int64_t revision = 0;
};

/// gRPC's limit for one message; an answer over it cannot be sent.
inline constexpr std::size_t kMessageBytesMax = 2147483647;

/// The RangeResponse, PutResponse, DeleteRangeResponse, TxnResponse or CompactionResponse in protobuf's
/// encoding. Empty when it would be over kMessageBytesMax: no response is empty otherwise, as each has a
/// header. Cost: a small multiple of the result's size.
std::string encode(const Header& header, const RangeResult& result);
std::string encode(const Header& header, const TxnResult& result);
std::string encode(const Header& header, const OperationResult& result);

/// A RangeStreamResponse. Only the last one of a stream has a header, and in `result` more and count.
std::string encode_chunk(const std::optional<Header>& last, const RangeResult& result);

/// True when encoding takes next to no time: no key or value is in it.
bool is_small(const OperationResult& result);

}  // namespace kv::api
