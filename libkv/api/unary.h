// What the unary methods share: parse, answer, refuse.
#pragma once

#include <google/protobuf/arena.h>
#include <google/protobuf/io/coded_stream.h>

#include <cstdint>
#include <string>
#include <utility>

#include "libkv/api/context.h"
#include "libkv/api/errors.h"
#include "libkv/machine/command.h"

namespace kv::api {

inline void refuse(const rpc::CallPtr& call, rpc::Status status) {
  call->finish(std::move(status));
}

/// Room for one small request or response on the stack before the arena asks the heap.
class MessageArena {
 public:
  MessageArena() : arena_(block_, sizeof(block_)) {}
  template <class Message>
  Message& make() {
    return *google::protobuf::Arena::CreateMessage<Message>(&arena_);
  }

 private:
  alignas(8) char block_[2048];
  google::protobuf::Arena arena_;
};

/// How deep messages may nest: Txns inside Txns take two levels each, and the log holds no deeper ones.
inline constexpr int kMessageDepthMax = static_cast<int>(2 * kTxnDepthMax);

/// Parses `bytes` into `request`; answers the call and gives false when they are no such message.
template <class Message>
bool parse(const rpc::CallPtr& call, std::string_view bytes, Message& request) {
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                               static_cast<int>(bytes.size()));
  input.SetRecursionLimit(kMessageDepthMax);
  if (request.ParseFromCodedStream(&input) && input.ConsumedEntireMessage()) return true;
  refuse(call, status_of(ApiError::kBadMessage));
  return false;
}

template <class Message>
void reply(const rpc::CallPtr& call, const Message& response) {
  std::string bytes;
  response.SerializeToString(&bytes);
  call->reply(std::move(bytes));
}

}  // namespace kv::api
