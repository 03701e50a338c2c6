// One of the two things that diff holds against each other: keys and values in order.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "libkv/api/proto/kv.pb.h"
#include "tools/common/outcome.h"
#include "tools/kvctl/pages.h"

namespace tools::kvctl {

class DiffSide {
 public:
  virtual ~DiffSide() = default;
  /// The next key, without its prefix; nothing at the end.
  virtual Outcome<std::optional<mvccpb::KeyValue>> next() = 0;
};

/// What lies below `prefix` in a cluster. The client outlives it.
std::unique_ptr<DiffSide> cluster_side(Client& client, std::string prefix, PagesOptions options);

/// The same in a snapshot file, which is read whole. Failure: kExitNoInput, kExitData.
Outcome<std::unique_ptr<DiffSide>> snapshot_side(const std::string& path, const std::string& prefix);

}  // namespace tools::kvctl
