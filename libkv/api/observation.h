// Who is elected, told as it changes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "libkv/api/caller.h"
#include "libkv/api/context.h"
#include "libkv/api/encode.h"
#include "libkv/api/proto/election.pb.h"
#include "libkv/watch/watches.h"

namespace kv::api {

v3electionpb::LeaderResponse leader_response(const Header& header, mvccpb::KeyValue kv);
mvccpb::KeyValue to_message(const KeyValue& kv);

/// The oldest key of a line, again with every change to it, and the next one when it is deleted. Sends
/// LeaderResponses until the call is over. Thread: the call's.
class Observation : public std::enable_shared_from_this<Observation> {
 public:
  Observation(const Context& context, rpc::CallPtr call, std::string name);

  /// On behalf of `caller`.
  void begin(Caller caller);
  /// The call is over.
  void abandon() { stream_.reset(); }

 private:
  class Sink;

  /// Reads who is elected, and goes on from there.
  void look();

  void found(const ReadView& view);
  void watch(WatchRequest request);
  void heard(std::uint64_t number, const std::vector<mvccpb::Event>& events, std::int64_t revision);
  void lost(std::uint64_t number);
  void tell(mvccpb::KeyValue kv, std::int64_t revision);

  const Context& context_;
  const rpc::CallPtr call_;
  const std::string name_;
  Caller caller_;

  std::unique_ptr<WatchStream> stream_;
  bool elected_ = false;       // somebody is: their key is watched
  std::uint64_t watches_ = 0;  // how many there have been: what an earlier one says does not count
};

}  // namespace kv::api
