// The test methods on a free port, for clients that are not ours. Prints the port; ends when stdin does.
#include <iostream>
#include <string>

#include "tests/unit/rpc/support.h"

int main() {
  kv::rpc::test::TestServer server({.io_threads = 2});
  std::cout << server.port << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) continue;
}
