// Certificates made for one test, as files.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace raft {

/// A directory with ca.pem, member.pem/.key (signed by it, for 127.0.0.1 and localhost), elsewhere.pem/.key
/// (signed by it, for another host) and stranger.pem/.key (signed by itself, for 127.0.0.1). Removed at the
/// end.
class Certificates {
 public:
  Certificates();
  ~Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return (directory_ / name).string(); }

 private:
  std::filesystem::path directory_;
};

}  // namespace raft
