// --help, from the table of options.
#include <algorithm>
#include <string>

#include "tools/kvd/config.h"
#include "tools/kvd/flags.h"

namespace tools::kvd {

std::string help_text() {
  std::string text =
      "Usage: kvd [OPTIONS]\n"
      "       kvd join --peer URLS --token TOKEN [OPTIONS]\n"
      "       kvd config check [OPTIONS]\n\n"
      "A member of a fault-tolerant key-value store that speaks the etcd v3 API.\n"
      "Every option may also be set as KVD_NAME or ETCD_NAME in the environment, or in --config-file.\n";
  Group group = Group::kAccepted;
  std::string accepted;
  for (const Flag& flag : flags()) {
    if (flag.use != Use::kUsed) {
      accepted += "  --" + std::string(flag.name) + (flag.use == Use::kRefused ? "  (refused)" : "") + "\n";
      continue;
    }
    if (flag.group != group) text += "\n" + std::string(title(flag.group)) + "\n";
    group = flag.group;
    std::string left = "  --" + std::string(flag.name);
    left.resize(std::max<std::size_t>(left.size() + 2, 34), ' ');
    text += left + std::string(flag.help);
    if (!flag.fallback.empty() && flag.kind != Kind::kSwitch) text += " [" + std::string(flag.fallback) + "]";
    text += "\n";
  }
  return text + "\nAccepted so that a command line written for etcd starts, without effect\n" + accepted +
         "  --experimental-*\n\nExample\n"
         "  kvd --name a --data-dir /var/lib/kvd --initial-cluster "
         "a=http://10.0.0.1:2380,b=http://10.0.0.2:2380\n";
}

}  // namespace tools::kvd
