// kvctl's command lines before a store that behaves.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/tools/fake_etcd.h"
#include "tools/kvctl/dispatch.h"

namespace tools::kvctl {

struct Ran {
  int exit = 0;
  std::string out;
  std::string err;

  bool operator==(const Ran&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Ran& ran) {
  return out << "exit " << ran.exit << "\nout: " << ran.out << "\nerr: " << ran.err;
}

class Kvctl : public ::testing::Test {
 protected:
  Ran run(std::vector<std::string> words, const std::string& input = "") {
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    Io io{in, out, err, false};
    const Environment environment = [this](const std::string& name) -> std::optional<std::string> {
      if (name == "KVCTL_ENDPOINTS") return etcd.endpoint();
      return std::nullopt;
    };
    const int exit = kvctl::run(std::move(words), environment, io);
    return {exit, out.str(), err.str()};
  }
  static Ran ok(std::string out) { return {0, std::move(out), ""}; }

  FakeEtcd etcd;
};

}  // namespace tools::kvctl
