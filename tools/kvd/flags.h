// Every option of kvd, once: the command line, the environment, the file, --help and the man page come from
// here.
#pragma once

#include <span>
#include <string_view>

namespace tools::kvd {

/// How a value is written.
enum class Kind {
  kText,
  kUrls,      ///< comma list of scheme://host:port
  kNumber,    ///< whole number
  kMillis,    ///< whole number of milliseconds
  kDuration,  ///< Go's spelling: 300ms, 5s, 2h
  kSwitch,    ///< --name, --name=true, --name=false
  kEither,    ///< not known: a value follows unless the next word is an option
};

enum class Use {
  kUsed,
  kMoot,  ///< accepted so that a command line written for etcd starts; has no meaning here, and says so when
          ///< set
  kRefused,  ///< asks for a protection or a behaviour that is not there: refused rather than ignored
};

enum class Group { kMember, kCluster, kSecurity, kMonitoring, kLogging, kMeta, kAccepted };

struct Flag {
  std::string_view name;
  Kind kind = Kind::kText;
  std::string_view fallback;  ///< the default, as it would be written
  Use use = Use::kUsed;
  Group group = Group::kAccepted;
  std::string_view help;
};

/// All of them, grouped.
std::span<const Flag> flags();
/// The flag of that name; null when there is none.
const Flag* find_flag(std::string_view name);
std::string_view title(Group group);

}  // namespace tools::kvd
