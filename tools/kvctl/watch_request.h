// What a watch is asked for in words, on the command line or on a line of watch -i.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/common/options.h"
#include "tools/kvctl/request_options.h"
#include "tools/kvctl/watcher.h"

namespace tools::kvctl {

inline constexpr std::array kWatchOnlyOptions = {
    OptionSpec{.name = "rev",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "from revision N on; 0: from now on"},
    OptionSpec{.name = "prev-kv", .help = "also what was there before each event"},
    OptionSpec{.name = "filter",
               .kind = ValueKind::kChoice,
               .placeholder = "WHAT",
               .help = "noput or nodelete: leave these events out",
               .choices = "noput|nodelete"},
    OptionSpec{.name = "progress-notify",
               .help = "also print now and then up to which revision all events have been printed"},
    OptionSpec{.name = "once", .help = "end after one event"},
    OptionSpec{.name = "count",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "end after N events; 0: never"},
};
/// Of one watch.
inline constexpr auto kWatchOptions = concat(kSpanOptions, kWatchOnlyOptions, kKeyOptions);

struct WatchWords {
  WatchOptions watch;
  std::int64_t limit = 0;  ///< events after which it ends; 0: none
};

/// Without a key among the arguments, that of the environment: etcdctl's way to leave the words to a command.
Outcome<WatchWords> read_watch(const Parsed& options);

}  // namespace tools::kvctl
