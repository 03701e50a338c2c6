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
#include "tools/kvctl/io.h"

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

/// Who we are, where authentication is enabled.
struct Login {
  std::string user;  ///< empty: nobody, or whom our certificate names
  std::string password;
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
  std::string user;  ///< as in Login
  std::string password;
};

std::span<const OptionSpec> common_options();

/// From NAME[:PASSWORD] and the password in these options; a password that is missing is asked for. With
/// --password the name may have colons. Failure: kExitUsage, also when nobody can be asked.
Outcome<Login> read_login(const Parsed& parsed, std::string_view user_option,
                          std::string_view password_option, const AskSecret& ask_secret);

/// KVCTL_, then ETCDCTL_.
std::span<const std::string_view> environment_prefixes();

/// Without a login.
Outcome<Settings> read_settings(const Parsed& parsed);

}  // namespace tools::kvctl
