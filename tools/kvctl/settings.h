// What every command understands: where to connect, how long to wait, how to print.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/common/options.h"
#include "tools/kvctl/endpoint.h"

namespace tools::kvctl {

enum class Format : std::uint8_t { kSimple, kJson, kJsonl, kRaw, kFields, kTable };

struct TlsFiles {
  std::string cacert;  ///< empty: the system's
  std::string cert;    ///< empty: none
  std::string key;
  bool skip_verify = false;

  /// Something was asked for, so that an endpoint without a scheme means TLS.
  [[nodiscard]] bool any() const { return !cacert.empty() || !cert.empty() || skip_verify; }
};

struct Settings {
  std::vector<Endpoint> endpoints;
  std::chrono::milliseconds dial_timeout{2000};
  std::chrono::milliseconds timeout{5000};  ///< of a command's request, retries included; 0: none
  Format format = Format::kSimple;
  bool format_given = false;
  bool hex = false;
  bool serializable = false;
  bool debug = false;
  bool quiet = false;
  TlsFiles tls;
  std::string user;
  std::string password;
};

std::span<const OptionSpec> common_options();

/// KVCTL_, then ETCDCTL_.
std::span<const std::string_view> environment_prefixes();

Outcome<Settings> read_settings(const Parsed& parsed);

}  // namespace tools::kvctl
