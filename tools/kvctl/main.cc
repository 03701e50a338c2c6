// kvctl: the command line client of kvd, and of etcd.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "tools/common/secret.h"
#include "tools/kvctl/dispatch.h"

namespace {

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  std::cin.tie(nullptr);
  // A reader that goes away ends us as it ends every filter: without a word.
  signal(SIGPIPE, SIG_DFL);
  tools::kvctl::Io io{std::cin, std::cout, std::cerr, isatty(STDERR_FILENO) == 1, tools::ask_on_terminal};
  return tools::kvctl::run(std::vector<std::string>(argv + 1, argv + argc), environment, io);
}
