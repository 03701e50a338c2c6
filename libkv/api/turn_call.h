// The calls that wait in line: Lock and Campaign.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "libkv/api/context.h"
#include "libkv/api/turn.h"

namespace kv::api {

/// Calls of one member that may wait at a time; more are refused.
inline constexpr std::size_t kTurnsMax = 65536;

/// Reads a request; false when the call is refused.
using ReadTurn = std::function<bool(const rpc::CallPtr& call, std::string_view bytes, TurnRequest& request)>;
/// Answers it.
using AnswerTurn =
    std::function<void(const rpc::CallPtr& call, const TurnRequest& request, const Place& place)>;

/// Registers a unary method that waits in line. To the server it is a stream, as only those are told that
/// their client has gone away.
void add_turn(rpc::Server& server, const Context& context, const std::string& path, ReadTurn read,
              AnswerTurn answer);

}  // namespace kv::api
