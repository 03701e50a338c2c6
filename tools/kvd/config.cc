#include "tools/kvd/config.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "libkv/server/passwords.h"
#include "libkv/server/space.h"
#include "libraft/core/membership.h"
#include "tools/common/initial_cluster.h"
#include "tools/kvd/flags.h"
#include "tools/kvd/join.h"

namespace tools::kvd {
namespace {

using std::chrono::milliseconds;

/// etcd's.
constexpr milliseconds kWatchProgressMin{100};

/// Go's duration spelling, whole milliseconds: "300ms", "5s", "1h30m".
std::optional<milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return milliseconds(0);
  double total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    double number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    double factor = 0;
    if (text.starts_with("ms")) {
      factor = 1;
      text.remove_prefix(2);
    } else if (text.starts_with("h") || text.starts_with("m") || text.starts_with("s")) {
      factor = text.front() == 'h' ? 3600000 : text.front() == 'm' ? 60000 : 1000;
      text.remove_prefix(1);
    } else {
      return std::nullopt;
    }
    total += number * factor;
  }
  return milliseconds(static_cast<std::int64_t>(total));
}

/// Reads settings one by one and collects what is wrong with them.
class Reader {
 public:
  explicit Reader(const Settings& settings) : settings_(settings) {}

  std::string text(std::string_view name) const {
    const Setting* const set = find(name);
    return set != nullptr ? set->value : std::string(find_flag(name)->fallback);
  }
  bool is_set(std::string_view name) const { return settings_.contains(name); }

  std::uint64_t number(std::string_view name, std::uint64_t least, std::uint64_t most) {
    const std::string value = text(name);
    std::uint64_t parsed = 0;
    const auto end = std::from_chars(value.data(), value.data() + value.size(), parsed);
    const bool whole = end.ec == std::errc() && end.ptr == value.data() + value.size() && !value.empty();
    if (!whole || parsed < least || parsed > most) {
      fault(name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return parsed;
  }
  milliseconds duration(std::string_view name) {
    const auto parsed = parse_duration(text(name));
    if (!parsed) fault(name, "must be a duration like 300ms, 5s or 2h");
    return parsed.value_or(milliseconds(0));
  }
  bool flag(std::string_view name) {
    const std::string value = text(name);
    if (value != "true" && value != "false") fault(name, "must be true or false");
    return value == "true";
  }
  std::vector<Url> urls(std::string_view name) {
    const std::string value = text(name);
    if (value.empty()) return {};
    auto parsed = parse_urls(value);
    if (parsed) return std::move(*parsed);
    fault(name, parsed.error().text());
    return {};
  }
  /// URLs to listen on: by address, so that it is certain which interface is meant (contract section 10.2).
  std::vector<Url> addresses(std::string_view name) {
    std::vector<Url> all = urls(name);
    for (const Url& url : all) {
      if (!url.is_address())
        fault(name, "must have an IP address or localhost in it, not '" + url.host + "'");
    }
    return all;
  }
  std::string one_of(std::string_view name, std::vector<std::string_view> choices) {
    std::string value = text(name);
    if (std::find(choices.begin(), choices.end(), value) == choices.end()) {
      std::string list;
      for (std::string_view choice : choices) list += (list.empty() ? "" : ", ") + std::string(choice);
      fault(name, "must be one of: " + list);
    }
    return value;
  }
  void fault(std::string_view name, const std::string& what) {
    const Setting* const set = find(name);
    const std::string origin = set != nullptr ? set->origin : "--" + std::string(name);
    faults.push_back(origin + " is '" + text(name) + "'; it " + what);
  }

  std::vector<std::string> faults;
  std::vector<std::string> warnings;

 private:
  /// Under etcd's name, or the one it had while it was an experiment.
  const Setting* find(std::string_view name) const {
    auto set = settings_.find(name);
    if (set == settings_.end()) set = settings_.find("experimental-" + std::string(name));
    return set == settings_.end() ? nullptr : &set->second;
  }

  const Settings& settings_;
};

void read_cluster(Reader& reader, Config& config) {
  const std::string text = reader.text("initial-cluster");
  if (text.empty()) {
    config.initial_cluster[config.name] = texts(config.initial_advertise_peer_urls);
    return;
  }
  auto cluster = parse_initial_cluster(text);
  if (!cluster) {
    reader.fault("initial-cluster", cluster.error().what);
    return;
  }
  config.initial_cluster = std::move(*cluster);
  const auto own = config.initial_cluster.find(config.name);
  std::vector<std::string> advertised = texts(config.initial_advertise_peer_urls);
  std::vector<std::string> listed =
      own == config.initial_cluster.end() ? std::vector<std::string>() : own->second;
  std::sort(advertised.begin(), advertised.end());
  std::sort(listed.begin(), listed.end());
  if (own == config.initial_cluster.end()) {
    reader.fault("initial-cluster", "must contain this member's name, '" + config.name + "'");
  } else if (advertised != listed) {
    std::string joined;
    for (const std::string& url : listed) joined += (joined.empty() ? "" : ",") + url;
    std::string own_urls;
    for (const std::string& url : advertised) own_urls += (own_urls.empty() ? "" : ",") + url;
    reader.faults.push_back("--initial-cluster has " + config.name + "=" + joined +
                            " but missing from --initial-advertise-peer-urls=" + own_urls);
  }
}

void read_member(Reader& reader, Config& config) {
  config.name = reader.text("name");
  config.data_dir = reader.text("data-dir");
  if (config.data_dir.empty()) config.data_dir = config.name + ".etcd";
  config.wal_dir = reader.text("wal-dir");
  if (config.wal_dir.empty()) config.wal_dir = config.data_dir + "/wal";
  config.listen_client_urls = reader.addresses("listen-client-urls");
  config.listen_peer_urls = reader.addresses("listen-peer-urls");
  config.listen_metrics_urls = reader.addresses("listen-metrics-urls");
  config.max_request_bytes = reader.number("max-request-bytes", 1, 1U << 30U);
  config.max_txn_ops = reader.number("max-txn-ops", 1, 1U << 20U);
  config.max_concurrent_streams = static_cast<std::uint32_t>(
      reader.number("max-concurrent-streams", 1, std::numeric_limits<std::uint32_t>::max()));
  config.keepalive_min_time = reader.duration("grpc-keepalive-min-time");
  config.keepalive_interval = reader.duration("grpc-keepalive-interval");
  config.keepalive_timeout = reader.duration("grpc-keepalive-timeout");
  config.watch_progress_interval =
      std::max(kWatchProgressMin, reader.duration("watch-progress-notify-interval"));
  config.snapshot_count = reader.number("snapshot-count", 1, std::numeric_limits<std::uint32_t>::max());
  config.snapshot_catchup_entries =
      reader.number("snapshot-catchup-entries", 0, std::numeric_limits<std::uint32_t>::max());
  config.strict_reconfig_check = reader.flag("strict-reconfig-check");
  config.max_learners = static_cast<std::uint32_t>(reader.number("max-learners", 1, raft::kMembersMax));
  config.enable_grpc_gateway = reader.flag("enable-grpc-gateway");
  config.io_threads = static_cast<int>(reader.number("io-threads", 0, 256));
  if (config.listen_client_urls.empty()) reader.fault("listen-client-urls", "must name at least one URL");
  if (config.listen_peer_urls.empty()) reader.fault("listen-peer-urls", "must name at least one URL");
}

/// etcd's number, with its default for 0 (contract section 6).
void read_quota(Reader& reader, Config& config) {
  const std::string text = reader.text("quota-backend-bytes");
  std::int64_t option = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), option);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
    reader.fault("quota-backend-bytes",
                 "must be a whole number; 0 stands for 2 GiB, a negative one for none");
  }
  config.quota_bytes = option == 0 ? static_cast<std::int64_t>(kv::kDefaultQuotaBytes) : option;
}

/// As etcd reads it: a whole number is hours, or revisions in the mode of that name.
void read_auto_compaction(Reader& reader, Config& config) {
  using Mode = kv::AutoCompactionOptions::Mode;
  constexpr std::string_view kRetention = "auto-compaction-retention";
  const bool by_revision = reader.one_of("auto-compaction-mode", {"periodic", "revision"}) == "revision";
  // The default is a time; in the other mode there is none, as in etcd.
  const bool unset = by_revision && !reader.is_set(kRetention);
  const std::string text = unset ? "0" : reader.text(kRetention);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size() && number >= 0;
  kv::AutoCompactionOptions& options = config.auto_compaction;
  if (by_revision) {
    if (!whole)
      reader.fault(kRetention, "must be a number of revisions with --auto-compaction-mode=revision");
    if (number > 0) options = {.mode = Mode::kRevision, .revisions = number};
    return;
  }
  constexpr std::int64_t kHoursMax = 1000000;
  const auto period = whole && number <= kHoursMax ? std::optional(milliseconds(std::chrono::hours(number)))
                                                   : parse_duration(text);
  if (!period) reader.fault(kRetention, "must be a number of hours or a duration like 30m or 2h");
  if (period && period->count() > 0) options = {.mode = Mode::kPeriodic, .period = *period};
}

void read_timing(Reader& reader, Config& config) {
  config.heartbeat_interval = milliseconds(reader.number("heartbeat-interval", 1, 10000));
  config.election_timeout = milliseconds(reader.number("election-timeout", 1, 50000));
  config.pre_vote = reader.flag("pre-vote");
  config.lease_reads = reader.flag("lease-reads");
  config.election_priority = static_cast<std::uint8_t>(reader.number("election-priority", 0, 255));
  if (config.election_timeout < 5 * config.heartbeat_interval) {
    reader.fault("election-timeout", "must be at least 5 times --heartbeat-interval (" +
                                         std::to_string(config.heartbeat_interval.count()) + ")");
  }
}

/// What one kind of TLS listener needs: clients' or peers', by the beginning of its options' names.
void check_tls(Reader& reader, const std::string& prefix, std::string_view urls_option, bool https) {
  const auto set = [&](const char* name) { return !reader.text(prefix + name).empty(); };
  if (https && (!set("cert-file") || !set("key-file"))) {
    reader.fault(urls_option,
                 "has an https URL, which needs --" + prefix + "cert-file and --" + prefix + "key-file");
  }
  if (!https && (set("cert-file") || set("key-file") || set("trusted-ca-file"))) {
    reader.warnings.push_back("--" + prefix + "cert-file and the like are not used: --" +
                              std::string(urls_option) + " has no https URL");
  }
  if (reader.flag(prefix + "client-cert-auth") && !set("trusted-ca-file")) {
    reader.fault(prefix + "client-cert-auth", "needs --" + prefix + "trusted-ca-file");
  }
}

void read_auth(Reader& reader, Config& config) {
  constexpr std::uint64_t kTtlDefault = 300;
  constexpr std::uint64_t kTtlMax = 31536000;  // a year
  if (reader.text("auth-token") != "simple") {
    reader.fault("auth-token",
                 "must be simple: tokens that carry their user, as jwt's do, are not supported");
  }
  const std::uint64_t ttl = reader.number("auth-token-ttl", 0, kTtlMax);
  config.auth_token_ttl = std::chrono::seconds(ttl == 0 ? kTtlDefault : ttl);
  config.bcrypt_cost = static_cast<int>(reader.number("bcrypt-cost", kv::kBcryptCostMin, kv::kBcryptCostMax));
}

bool is_https(const Url& url) {
  return url.scheme == "https";
}

void read_client_security(Reader& reader, Config& config) {
  config.cert_file = reader.text("cert-file");
  config.key_file = reader.text("key-file");
  config.trusted_ca_file = reader.text("trusted-ca-file");
  // As in etcd, authorities alone are enough to ask for certificates (contract section 9.4).
  config.certificate_names = reader.flag("client-cert-auth");
  config.client_cert_auth = config.certificate_names || !config.trusted_ca_file.empty();
  const bool clients = std::ranges::any_of(config.listen_client_urls, is_https);
  const bool metrics = std::ranges::any_of(config.listen_metrics_urls, is_https);
  check_tls(reader, "", clients || !metrics ? "listen-client-urls" : "listen-metrics-urls",
            clients || metrics);
}

void read_peer_security(Reader& reader, Config& config) {
  config.peer_cert_file = reader.text("peer-cert-file");
  config.peer_key_file = reader.text("peer-key-file");
  config.peer_trusted_ca_file = reader.text("peer-trusted-ca-file");
  config.peer_client_cert_auth = reader.flag("peer-client-cert-auth") || !config.peer_trusted_ca_file.empty();
  config.peer_tls = std::ranges::any_of(config.listen_peer_urls, is_https);
  if (config.peer_tls && !std::ranges::all_of(config.listen_peer_urls, is_https)) {
    reader.fault("listen-peer-urls", "must be all http or all https");
  }
  check_tls(reader, "peer-", "listen-peer-urls", config.peer_tls);
}

void read_clustering(Reader& reader, Config& config) {
  config.advertise_client_urls = reader.urls("advertise-client-urls");
  config.initial_advertise_peer_urls = reader.urls("initial-advertise-peer-urls");
  config.initial_cluster_token = reader.text("initial-cluster-token");
  if (reader.is_set("listen-client-urls") && !reader.is_set("advertise-client-urls")) {
    reader.fault("advertise-client-urls", "must be set when --listen-client-urls is");
  }
  config.joins = reader.one_of("initial-cluster-state", {"new", "existing"}) == "existing";
  read_cluster(reader, config);
}

void read_logging(Reader& reader, Config& config) {
  const std::string level = reader.one_of("log-level", {"debug", "info", "warn", "error", "panic", "fatal"});
  if (level == "debug") {
    config.log_level = raft::LogLevel::kDebug;
  } else if (level == "info") {
    config.log_level = raft::LogLevel::kInfo;
  } else {
    config.log_level = level == "warn" ? raft::LogLevel::kWarning : raft::LogLevel::kError;
  }
  config.log_json = reader.one_of("log-format", {"console", "json"}) == "json";
}

}  // namespace

Checked check(const Settings& given) {
  Joining joining = read_join(given);
  const Settings& settings = joining.settings;
  Reader reader(settings);
  reader.faults = std::move(joining.faults);
  Checked checked;
  checked.config.join_token = std::move(joining.token);
  checked.config.join_peers = texts(reader.urls("peer"));
  for (const auto& [name, setting] : settings) {
    const Flag* flag = find_flag(name);
    if (flag->use == Use::kMoot)
      reader.warnings.push_back(setting.origin + " has no meaning here and is ignored");
    const bool asks = setting.value != "" && setting.value != "false";
    if (flag->use == Use::kRefused && asks) {
      reader.faults.push_back(setting.origin + " is '" + setting.value +
                              "'; kvd cannot give this yet, so it must not be set");
    }
  }
  read_member(reader, checked.config);
  read_quota(reader, checked.config);
  read_auto_compaction(reader, checked.config);
  read_timing(reader, checked.config);
  read_clustering(reader, checked.config);
  read_client_security(reader, checked.config);
  read_auth(reader, checked.config);
  read_peer_security(reader, checked.config);
  read_logging(reader, checked.config);
  checked.faults = std::move(reader.faults);
  checked.warnings = std::move(reader.warnings);
  return checked;
}

}  // namespace tools::kvd
