// The options that make requests: the tables of get, put and del, on the command line and in a transaction's
// lines.
#pragma once

#include <array>

#include "tools/common/options.h"

namespace tools::kvctl {

inline constexpr std::array kKeyOptions = {
    OptionSpec{.name = "key-hex", .help = "keys on the command line are hexadecimal"},
    OptionSpec{.name = "key-b64", .help = "keys on the command line are base64"},
};

inline constexpr std::array kSpanOptions = {
    OptionSpec{.name = "prefix", .help = "every key that begins with KEY"},
    OptionSpec{.name = "from-key", .help = "every key from KEY on"},
};

inline constexpr std::array kReadOptions = {
    OptionSpec{
        .name = "limit", .kind = ValueKind::kCount, .placeholder = "N", .help = "at most N keys; 0: all"},
    OptionSpec{.name = "rev",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "as of revision N; 0: the newest"},
    OptionSpec{.name = "order",
               .kind = ValueKind::kChoice,
               .placeholder = "ORDER",
               .help = "ASCEND or DESCEND",
               .choices = "ASCEND|DESCEND"},
    OptionSpec{.name = "sort-by",
               .kind = ValueKind::kChoice,
               .placeholder = "WHAT",
               .help = "CREATE, KEY, MODIFY, VALUE or VERSION",
               .choices = "CREATE|KEY|MODIFY|VALUE|VERSION"},
    OptionSpec{.name = "keys-only", .help = "keys without values"},
    OptionSpec{.name = "count-only", .help = "how many keys, not which"},
    OptionSpec{.name = "min-create-rev",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "only keys created at N or later"},
    OptionSpec{.name = "max-create-rev",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "only keys created at N or before"},
    OptionSpec{.name = "min-mod-rev",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "only keys changed at N or later"},
    OptionSpec{.name = "max-mod-rev",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "only keys changed at N or before"},
};

inline constexpr std::array kPutOptions = {
    OptionSpec{.name = "lease",
               .kind = ValueKind::kText,
               .placeholder = "ID",
               .help = "attach the key to this lease (hexadecimal)"},
    OptionSpec{.name = "prev-kv", .help = "also give what was there before"},
    OptionSpec{.name = "ignore-value", .help = "keep the value; there is no VALUE argument then"},
    OptionSpec{.name = "ignore-lease", .help = "keep the lease"},
};

inline constexpr std::array kDeleteOptions = {
    OptionSpec{.name = "prev-kv", .help = "also give what was deleted"},
    OptionSpec{.name = "range", .help = "accepted for etcdctl: a RANGE_END says enough here"},
};

/// Conditions on the one key of a put or a del (conditions.h).
inline constexpr std::array kConditionOptions = {
    OptionSpec{.name = "if-absent", .help = "only if the key does not exist"},
    OptionSpec{.name = "if-present", .help = "only if the key exists"},
    OptionSpec{.name = "if-version",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "only if its version is N; 0: it does not exist"},
    OptionSpec{.name = "if-mod-rev",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "only if it was last changed at revision N"},
    OptionSpec{.name = "if-create-rev",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "only if it was created at revision N"},
    OptionSpec{.name = "if-value",
               .kind = ValueKind::kText,
               .placeholder = "VALUE",
               .help = "only if its value is VALUE"},
};

inline constexpr auto kGetLineOptions = concat(kSpanOptions, kReadOptions, kKeyOptions);
inline constexpr auto kPutLineOptions = concat(kPutOptions, kKeyOptions);
inline constexpr auto kDeleteLineOptions = concat(kSpanOptions, kDeleteOptions, kKeyOptions);

}  // namespace tools::kvctl
