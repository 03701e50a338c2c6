// Ranges of any size, read page by page as of one revision.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/common/outcome.h"
#include "tools/kvctl/client.h"
#include "tools/kvctl/requests.h"

namespace tools::kvctl {

struct PagesOptions {
  KeyRange range;
  std::int64_t revision = 0;  ///< 0: the newest, when the first page is read
  bool keys_only = false;
  bool serializable = false;
};

/// Goes through a range; a page is as large as its keys and values allow. Thread: as Client.
class Pages {
 public:
  Pages(Client& client, PagesOptions options);

  /// Whether there may be another page.
  [[nodiscard]] bool more() const { return more_; }
  /// Failure: also kExitLimit, when the history was compacted meanwhile.
  Outcome<etcdserverpb::RangeResponse> next();
  /// Goes on behind everything that begins with `prefix`.
  void skip_prefix(const std::string& prefix);

  /// What all pages are read at; 0 before the first.
  [[nodiscard]] std::int64_t revision() const { return request_.revision(); }
  /// Keys of the whole range, as the first page says.
  [[nodiscard]] std::uint64_t total() const { return total_; }

 private:
  Client& client_;
  etcdserverpb::RangeRequest request_;
  bool more_ = true;
  bool begun_ = false;
  std::uint64_t total_ = 0;
};

/// The range of everything that begins with `prefix`; the whole keyspace when it is empty.
KeyRange range_below(const std::string& prefix);

/// Calls `visit` with every key of the range in order; ends at its first failure. The revision read.
Outcome<std::int64_t> for_each_key(Client& client, PagesOptions options,
                                   const std::function<Outcome<void>(const mvccpb::KeyValue&)>& visit);

}  // namespace tools::kvctl
