// mvccpb.KeyValue in protobuf's encoding (contract section 1.5).
#pragma once

#include "libkv/mvcc/key_value.h"
#include "libkv/mvcc/wire_sink.h"

namespace kv {

/// The message's fields, in ascending order as protobuf writes them.
template <class Sink>
void describe(const KeyValue& kv, Sink& sink) {
  const auto bits = [](std::int64_t number) { return static_cast<std::uint64_t>(number); };
  sink.template text<1>(kv.key);
  sink.template number<2>(bits(kv.create_revision));
  sink.template number<3>(bits(kv.mod_revision));
  sink.template number<4>(bits(kv.version));
  sink.template text<5>(kv.value);
  sink.template number<6>(bits(kv.lease));
}

}  // namespace kv
