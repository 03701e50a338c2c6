// From options and arguments to the requests of the API. The commands and txn's lines share them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/common/options.h"
#include "tools/common/outcome.h"

namespace tools::kvctl {

/// The first key behind all that begin with `prefix`; "\0", which stands for no end, when there is none.
std::string prefix_end(std::string_view prefix);

/// The id of a lease, hexadecimal; nothing when it is none.
std::optional<std::int64_t> parse_lease(std::string_view text);

struct KeyRange {
  std::string key;
  std::string range_end;  ///< empty: the one key

  [[nodiscard]] bool is_everything() const;
};

/// KEY [RANGE_END] under --prefix, --from-key, --key-hex and --key-b64. The empty key with --prefix or
/// --from-key is the whole keyspace. Failure: kExitUsage.
Outcome<KeyRange> key_range(const Parsed& options);
/// The same with arguments from elsewhere.
Outcome<KeyRange> key_range(const Parsed& options, const std::vector<std::string>& arguments);

/// One key, from --key-hex and --key-b64's form. Failure: kExitUsage.
Outcome<std::string> read_key(const Parsed& options, const std::string& argument);

Outcome<etcdserverpb::RangeRequest> range_request(const Parsed& options);
Outcome<etcdserverpb::DeleteRangeRequest> delete_request(const Parsed& options);

/// KEY from the first argument, `value` as it is. Failure: kExitUsage, e.g. a lease that is no hexadecimal
/// number.
Outcome<etcdserverpb::PutRequest> put_request(const Parsed& options, std::string value);

}  // namespace tools::kvctl
