#include "tools/kvd/flags.h"

#include <algorithm>
#include <array>

namespace tools::kvd {
namespace {

using enum Kind;
using enum Group;

constexpr Flag used(std::string_view name, Kind kind, std::string_view fallback, Group group,
                    std::string_view help) {
  return {name, kind, fallback, Use::kUsed, group, help};
}
constexpr Flag moot(std::string_view name, Kind kind, std::string_view fallback = "") {
  return {name, kind, fallback, Use::kMoot, kAccepted, ""};
}
constexpr Flag refused(std::string_view name, Kind kind) {
  return {name, kind, "", Use::kRefused, kAccepted, ""};
}

// Names and defaults are etcd's (contract section 10.1).
constexpr auto kFlags = std::to_array<Flag>({
    used("name", kText, "default", kMember, "this member's name"),
    used("data-dir", kText, "", kMember, "where the state lives; default <name>.etcd"),
    used("wal-dir", kText, "", kMember, "where the log lives; default <data-dir>/wal"),
    used("listen-client-urls", kUrls, "http://localhost:2379", kMember, "where clients are served"),
    used("listen-peer-urls", kUrls, "http://localhost:2380", kMember, "where the other members are heard"),
    used("heartbeat-interval", kMillis, "100", kMember, "how often a leader shows itself"),
    used("election-timeout", kMillis, "1000", kMember, "silence after which a follower campaigns"),
    used("max-request-bytes", kNumber, "1572864", kMember, "largest request, in bytes"),
    used("max-txn-ops", kNumber, "128", kMember, "most operations in one transaction"),
    used("max-concurrent-streams", kNumber, "4294967295", kMember, "most calls at once on one connection"),
    used("grpc-keepalive-min-time", kDuration, "5s", kMember, "clients that ping more often are sent away"),
    used("grpc-keepalive-interval", kDuration, "2h", kMember, "how often an idle connection is pinged"),
    used("grpc-keepalive-timeout", kDuration, "20s", kMember, "silence after a ping that ends a connection"),
    used("pre-vote", kSwitch, "true", kMember,
         "ask before campaigning, so that nobody disturbs a working leader"),
    used("lease-reads", kSwitch, "false", kMember,
         "reads trust clocks that differ by less than a tenth; on all members or on none"),
    used("election-priority", kNumber, "0", kMember,
         "0 to 255: of the members that could lead, the one with the highest does"),
    used("snapshot-count", kNumber, "100000", kMember, "applied entries after which the log is cut"),
    used("snapshot-catchup-entries", kNumber, "5000", kMember,
         "entries that stay for members that lag a little"),
    used("quota-backend-bytes", kNumber, "0", kMember,
         "bytes of state above which writes are refused; 0: 2 GiB, negative: no limit"),
    used("auto-compaction-mode", kText, "periodic", kMember,
         "periodic: history of a time is kept; revision: so many revisions"),
    used("auto-compaction-retention", kText, "1h", kMember,
         "how much: hours or a duration, or a number of revisions; 0: all history is kept"),
    used("watch-progress-notify-interval", kDuration, "10m", kMember,
         "how often quiet watches that ask for it are told the revision; at least 100ms"),
    used("enable-grpc-gateway", kSwitch, "true", kMember, "serve the API as JSON under /v3 too"),
    used("io-threads", kNumber, "0", kMember, "threads that serve clients; 0: one per core, at most 4"),
    used("advertise-client-urls", kUrls, "http://localhost:2379", kCluster, "what clients are told to use"),
    used("initial-advertise-peer-urls", kUrls, "http://localhost:2380", kCluster,
         "what the other members use"),
    used("initial-cluster", kText, "", kCluster,
         "the first members: name=url,name=url; default this one alone"),
    used("initial-cluster-state", kText, "new", kCluster,
         "new: the first start of a new cluster; existing: this member was added"),
    used("peer", kUrls, "", kCluster,
         "join a cluster that runs: where its members are reached by their peers"),
    used("token", kText, "", kCluster, "join: what kvctl member add printed for this member"),
    used("initial-cluster-token", kText, "etcd-cluster", kCluster, "keeps clusters with the same urls apart"),
    used("strict-reconfig-check", kSwitch, "true", kCluster,
         "refuse changes of members that could cost the majority"),
    used("max-learners", kNumber, "1", kCluster,
         "most members that learn without being on their way to a vote"),
    used("cert-file", kText, "", kSecurity, "certificate for clients that come by https"),
    used("key-file", kText, "", kSecurity, "its private key"),
    used("trusted-ca-file", kText, "", kSecurity,
         "who signs clients' certificates; clients without one are refused"),
    used("client-cert-auth", kSwitch, "false", kSecurity,
         "refuse clients without a certificate, which --trusted-ca-file alone does too"),
    used("peer-cert-file", kText, "", kSecurity, "this member's certificate towards the others, both ways"),
    used("peer-key-file", kText, "", kSecurity, "its private key"),
    used("peer-trusted-ca-file", kText, "", kSecurity,
         "who signs the members' certificates; members without one are refused"),
    used("peer-client-cert-auth", kSwitch, "false", kSecurity,
         "refuse members without a certificate, which --peer-trusted-ca-file alone does too"),
    used("auth-token", kText, "simple", kSecurity,
         "what users get for their passwords; simple: a random word that every member knows"),
    used("auth-token-ttl", kNumber, "300", kSecurity,
         "seconds after which a token that is not used is forgotten; 0: 300"),
    used("bcrypt-cost", kNumber, "10", kSecurity,
         "4 to 31: the work of checking a password, doubled by each step"),
    used("listen-metrics-urls", kUrls, "", kMonitoring, "serve /metrics and the health pages here too"),
    used("log-level", kText, "info", kLogging, "debug, info, warn or error"),
    used("log-format", kText, "console", kLogging, "console: key=value; json: one object a line"),
    used("config-file", kText, "", kMeta, "read options from this file: name = value, one a line"),
    used("help", kSwitch, "false", kMeta, "print this and exit"),
    used("version", kSwitch, "false", kMeta, "print the version and exit"),

    refused("peer-client-cert-file", kText),
    refused("peer-client-key-file", kText),
    refused("peer-cert-allowed-cn", kText),
    refused("peer-cert-allowed-hostname", kText),
    refused("peer-auto-tls", kSwitch),
    refused("peer-crl-file", kText),
    refused("auto-tls", kSwitch),
    refused("client-crl-file", kText),
    refused("client-cert-allowed-hostname", kText),
    refused("cipher-suites", kText),
    refused("tls-min-version", kText),
    refused("tls-max-version", kText),
    refused("discovery", kText),
    refused("discovery-endpoints", kText),
    refused("discovery-token", kText),
    refused("discovery-srv", kText),
    refused("force-new-cluster", kSwitch),
    refused("unsafe-no-fsync", kSwitch),
    refused("listen-client-http-urls", kUrls),

    // Only together with what is refused above.
    moot("discovery-srv-name", kText),
    moot("discovery-fallback", kText, "exit"),
    moot("discovery-proxy", kText),
    moot("discovery-dial-timeout", kDuration, "2s"),
    moot("discovery-request-timeout", kDuration, "5s"),
    moot("discovery-keepalive-time", kDuration, "2s"),
    moot("discovery-keepalive-timeout", kDuration, "6s"),
    moot("discovery-insecure-transport", kSwitch, "true"),
    moot("discovery-insecure-skip-tls-verify", kSwitch, "false"),
    moot("discovery-cert", kText),
    moot("discovery-key", kText),
    moot("discovery-cacert", kText),
    moot("discovery-user", kText),
    moot("discovery-password", kText),

    moot("initial-election-tick-advance", kSwitch, "true"),
    moot("max-snapshots", kNumber, "5"),
    moot("max-wals", kNumber, "5"),
    moot("memory-mlock", kSwitch, "false"),
    moot("backend-bbolt-freelist-type", kText, "map"),
    moot("backend-batch-interval", kDuration, "0s"),
    moot("backend-batch-limit", kNumber, "0"),
    moot("socket-reuse-port", kSwitch, "false"),
    moot("socket-reuse-address", kSwitch, "false"),
    moot("raft-read-timeout", kDuration, "5s"),
    moot("raft-write-timeout", kDuration, "5s"),
    moot("feature-gates", kText),
    moot("v2-deprecation", kText),
    moot("enable-v2", kSwitch, "false"),
    moot("proxy", kText, "off"),
    moot("proxy-failure-wait", kNumber, "5000"),
    moot("proxy-refresh-interval", kNumber, "30000"),
    moot("proxy-dial-timeout", kNumber, "1000"),
    moot("proxy-write-timeout", kNumber, "5000"),
    moot("proxy-read-timeout", kNumber, "0"),
    moot("peer-skip-client-san-verification", kSwitch, "false"),
    moot("client-cert-file", kText),
    moot("client-key-file", kText),
    moot("self-signed-cert-validity", kNumber, "1"),
    moot("cors", kText, "*"),
    moot("host-whitelist", kText, "*"),
    moot("enable-pprof", kSwitch, "false"),
    moot("metrics", kText, "basic"),
    moot("logger", kText, "zap"),
    moot("log-outputs", kText, "default"),
    moot("enable-log-rotation", kSwitch, "false"),
    moot("log-rotation-config-json", kText),
    moot("warning-unary-request-duration", kDuration, "300ms"),
    moot("warning-apply-duration", kDuration, "100ms"),
    moot("enable-distributed-tracing", kSwitch, "false"),
    moot("distributed-tracing-address", kText),
    moot("distributed-tracing-service-name", kText),
    moot("distributed-tracing-instance-id", kText),
    moot("distributed-tracing-sampling-rate", kNumber, "0"),
    moot("corrupt-check-time", kDuration, "0s"),
    moot("compact-hash-check-time", kDuration, "1m"),
    moot("compaction-batch-limit", kNumber, "1000"),
    moot("compaction-sleep-interval", kDuration, "10ms"),
    moot("bootstrap-defrag-threshold-megabytes", kNumber, "0"),
    moot("downgrade-check-time", kDuration, "5s"),
});

constexpr std::string_view kExperimental = "experimental-";

/// etcd's experimental- spellings, as a pattern: moot, but where etcd dropped the word from an option that is
/// used here (contract section 10.1).
constexpr Flag kExperimentalFlag = moot("experimental-*", kEither);

/// Options of an etcd that nobody runs any more, which etcd itself passes over. Not "config": who writes that
/// means --config-file, and must hear of it.
constexpr auto kForgotten = std::to_array<Flag>({
    moot("cluster-active-size", kText),
    moot("cluster-remove-delay", kText),
    moot("cluster-sync-interval", kText),
    moot("force", kSwitch),
    moot("max-result-buffer", kText),
    moot("max-retry-attempts", kText),
    moot("peer-heartbeat-interval", kText),
    moot("peer-election-timeout", kText),
    moot("retry-interval", kText),
    moot("snapshot", kSwitch),
    moot("v", kSwitch),
    moot("vv", kSwitch),
});

const Flag* find_in(std::span<const Flag> table, std::string_view name) {
  const auto flag = std::find_if(table.begin(), table.end(), [&](const Flag& f) { return f.name == name; });
  return flag == table.end() ? nullptr : &*flag;
}

}  // namespace

std::span<const Flag> flags() {
  return kFlags;
}

const Flag* find_flag(std::string_view name) {
  if (const Flag* flag = find_in(kFlags, name)) return flag;
  if (name.starts_with(kExperimental)) {
    const Flag* const grown_up = find_in(kFlags, name.substr(kExperimental.size()));
    return grown_up != nullptr && grown_up->use == Use::kUsed ? grown_up : &kExperimentalFlag;
  }
  return find_in(kForgotten, name);
}

std::string_view title(Group group) {
  switch (group) {
    case kMember:
      return "Member";
    case kCluster:
      return "Cluster";
    case kSecurity:
      return "Security";
    case kMonitoring:
      return "Monitoring";
    case kLogging:
      return "Logging";
    case kMeta:
      return "Other";
    case kAccepted:
      return "Accepted for etcd's sake";
  }
  return "";
}

}  // namespace tools::kvd
