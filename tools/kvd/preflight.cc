#include "tools/kvd/preflight.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "tools/common/exit_codes.h"

namespace tools::kvd {
namespace {

namespace fs = std::filesystem;

/// With the process's effective rights, as opening it would.
bool may(const fs::path& path, int mode) {
  return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

std::optional<Obstacle> check_file(const std::string& option, const std::string& path) {
  if (path.empty() || may(path, R_OK)) return std::nullopt;
  const bool denied = errno == EACCES;
  return Obstacle{path + ": " + std::strerror(errno) + "; see --" + option +
                      (denied ? ", and who may read the file" : ""),
                  denied ? kExitNoPermission : kExitNoInput};
}

/// The directory itself, or the nearest one above it that there is: it will be made there.
fs::path nearest(fs::path path) {
  std::error_code error;
  path = fs::absolute(path, error);
  while (path.has_relative_path() && !fs::exists(path, error) && !error) path = path.parent_path();
  return path;
}

std::optional<Obstacle> check_directory(const std::string& option, const std::string& wanted) {
  const fs::path path = nearest(wanted);
  std::error_code error;
  if (!error && fs::exists(path, error) && !fs::is_directory(path, error)) {
    return Obstacle{path.string() + ": is not a directory; see --" + option, kExitCantCreate};
  }
  if (may(path, R_OK | W_OK | X_OK) || (errno != EACCES && errno != EROFS)) return std::nullopt;
  return Obstacle{path.string() + ": " + std::strerror(errno) + " for user " + std::to_string(::geteuid()) +
                      "; see --" + option + ", and whom the directory belongs to",
                  kExitNoPermission};
}

}  // namespace

std::optional<Obstacle> find_obstacle(const Config& config) {
  const std::vector<std::pair<std::string, std::string>> files{
      {"cert-file", config.cert_file},
      {"key-file", config.key_file},
      {"trusted-ca-file", config.trusted_ca_file},
      {"peer-cert-file", config.peer_cert_file},
      {"peer-key-file", config.peer_key_file},
      {"peer-trusted-ca-file", config.peer_trusted_ca_file},
  };
  for (const auto& [option, path] : files) {
    if (auto obstacle = check_file(option, path)) return obstacle;
  }
  if (auto obstacle = check_directory("data-dir", config.data_dir)) return obstacle;
  return check_directory("wal-dir", config.wal_dir);
}

}  // namespace tools::kvd
