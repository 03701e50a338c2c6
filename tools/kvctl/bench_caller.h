// How one stream of a benchmark makes its calls, one after the other.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "libkv/rpc/client.h"
#include "tools/kvctl/bench_plan.h"
#include "tools/kvctl/bench_token.h"

namespace tools::kvctl {

/// Thread: call() from any while no call is under way; `done` on the channel's loop.
class BenchCaller {
 public:
  virtual ~BenchCaller() = default;
  /// `key`: the number of the key, for calls that have one.
  virtual void call(kv::rpc::Channel& channel, std::uint64_t key) = 0;
};

/// A call of its own each time, or messages on one that stays open, as the operation has it. `plan`, `mold`
/// and `token` must outlive the caller, which must outlive its channel's loop.
std::unique_ptr<BenchCaller> make_bench_caller(const BenchPlan& plan, const RequestMold& mold,
                                               const BenchToken& token,
                                               std::function<void(const kv::rpc::Status&)> done);

}  // namespace tools::kvctl
