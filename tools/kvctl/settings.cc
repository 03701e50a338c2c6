#include "tools/kvctl/settings.h"

#include <algorithm>
#include <array>

namespace tools::kvctl {
namespace {

using std::chrono::milliseconds;
using enum ValueKind;

constexpr std::array kSettingsOptions = {
    OptionSpec{.name = "endpoints",
               .kind = kText,
               .placeholder = "LIST",
               .help = "members to talk to, separated by commas",
               .fallback = "127.0.0.1:2379"},
    OptionSpec{.name = "timeout",
               .kind = kDuration,
               .placeholder = "TIME",
               .help = "how long a request may take, retries included; 0: for ever",
               .fallback = "5s"},
    OptionSpec{.name = "command-timeout", .placeholder = "TIME", .alias_of = "timeout"},
    OptionSpec{.name = "dial-timeout",
               .kind = kDuration,
               .placeholder = "TIME",
               .help = "how long to try to connect",
               .fallback = "2s"},
    OptionSpec{.name = "write-out",
               .letter = 'w',
               .kind = kChoice,
               .placeholder = "FORMAT",
               .help = "simple, json, jsonl, raw, fields or table",
               .fallback = "simple",
               .choices = "simple|json|jsonl|raw|fields|table"},
    OptionSpec{.name = "hex", .help = "print keys and values as \\xHH in the simple format"},
    OptionSpec{.name = "consistency",
               .kind = kChoice,
               .placeholder = "l|s",
               .help = "reads: l, linearizable, or s, from one member without asking the others",
               .fallback = "l",
               .choices = "l|s"},
    OptionSpec{.name = "cacert",
               .kind = kText,
               .placeholder = "FILE",
               .help = "the authorities that servers' certificates are checked against"},
    OptionSpec{.name = "cert", .kind = kText, .placeholder = "FILE", .help = "our certificate"},
    OptionSpec{.name = "key", .kind = kText, .placeholder = "FILE", .help = "its private key"},
    OptionSpec{.name = "insecure-skip-tls-verify", .help = "do not check the server's certificate"},
    OptionSpec{.name = "user",
               .kind = kText,
               .placeholder = "NAME[:PASSWORD]",
               .help = "who we are; a password that is missing is asked for"},
    OptionSpec{.name = "password", .kind = kText, .placeholder = "TEXT", .help = "of --user"},
    OptionSpec{.name = "debug", .help = "tell every attempt on stderr"},
    OptionSpec{.name = "quiet", .letter = 'q', .help = "no progress and no notices on stderr"},
    OptionSpec{.name = "help", .letter = 'h', .help = "this text"},
};

constexpr std::array<std::string_view, 2> kPrefixes = {"KVCTL_", "ETCDCTL_"};

Format parse_format(std::string_view name) {
  if (name == "json") return Format::kJson;
  if (name == "jsonl") return Format::kJsonl;
  if (name == "raw") return Format::kRaw;
  if (name == "fields") return Format::kFields;
  if (name == "table") return Format::kTable;
  return Format::kSimple;
}

/// Whole milliseconds, rounded up: a timeout that was asked for is never none.
milliseconds to_milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::ceil<milliseconds>(duration);
}

}  // namespace

std::span<const OptionSpec> common_options() {
  return kSettingsOptions;
}

std::span<const std::string_view> environment_prefixes() {
  return kPrefixes;
}

Outcome<Login> read_login(const Parsed& parsed, std::string_view user_option,
                          std::string_view password_option, const AskSecret& ask_secret) {
  const std::string user = parsed.text(user_option);
  Login login{.user = user, .password = parsed.text(password_option)};
  const std::string option = "--" + std::string(user_option);
  if (login.password.empty()) {
    const auto colon = user.find(':');
    login.user = user.substr(0, colon);
    if (colon != std::string::npos) login.password = user.substr(colon + 1);
  }
  if (login.user.empty() && (!login.password.empty() || !user.empty())) {
    return refuse_usage("--" + std::string(password_option) + " needs " + option + " and a name in it");
  }
  if (login.user.empty() || !login.password.empty()) return login;
  const std::string need = option + " needs a password: NAME:PASSWORD, --" + std::string(password_option) +
                           ", its variable in the environment, or a terminal to ask on";
  if (!ask_secret) return refuse_usage(need);
  auto answer = ask_secret("Password of " + login.user + ": ");
  if (!answer) return refuse(answer.error().exit == kExitUsage ? Failure{kExitUsage, need} : answer.error());
  if (answer->empty()) return refuse_usage("the password is empty");
  login.password = std::move(*answer);
  return login;
}

Outcome<Settings> read_settings(const Parsed& parsed) {
  Settings settings;
  TRY_ASSIGN(settings.endpoints, parse_endpoints(parsed.text("endpoints")));
  settings.dial_timeout = std::max(milliseconds(1), to_milliseconds(parsed.duration("dial-timeout")));
  settings.timeout = to_milliseconds(parsed.duration("timeout"));
  settings.format = parse_format(parsed.text("write-out"));
  settings.format_given = parsed.given("write-out");
  settings.hex = parsed.on("hex");
  settings.serializable = parsed.text("consistency") == "s";
  settings.debug = parsed.on("debug");
  settings.quiet = parsed.on("quiet");
  settings.tls = {.cacert = parsed.text("cacert"),
                  .cert = parsed.text("cert"),
                  .key = parsed.text("key"),
                  .skip_verify = parsed.on("insecure-skip-tls-verify")};
  if (settings.tls.cert.empty() != settings.tls.key.empty())
    return refuse_usage("--cert and --key go together");
  return settings;
}

}  // namespace tools::kvctl
