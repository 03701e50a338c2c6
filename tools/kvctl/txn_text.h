// The text of a transaction, as etcdctl has it: compares, a blank line, what to do if they hold, a blank
// line, what to do if not.
#pragma once

#include <functional>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/common/outcome.h"

namespace tools::kvctl {

/// `version("k") > "0"`: a target (version, ver, create, c, mod, m, value, val, lease), a quoted key, one of
/// = != < >, a quoted or bare value. Failure: kExitData.
Outcome<etcdserverpb::Compare> parse_compare(std::string_view line);

/// `get`, `put` or `del` with their options and arguments. Failure: kExitData.
Outcome<etcdserverpb::RequestOp> parse_operation(std::string_view line);

/// Words separated by blanks; "double" quotes with escapes, 'single' ones without. Failure: kExitData.
Outcome<std::vector<std::string>> split_words(std::string_view line);

/// Reads a whole transaction; the end of the input ends the sections that are missing. `prompt` is called
/// with what comes next. Failure: kExitData, with the number of the line.
Outcome<etcdserverpb::TxnRequest> parse_transaction(std::istream& in,
                                                    const std::function<void(std::string_view)>& prompt);

}  // namespace tools::kvctl
