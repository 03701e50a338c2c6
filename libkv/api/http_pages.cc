#include "libkv/api/http_pages.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "libkv/api/errors.h"

namespace kv::api {
namespace {

using rpc::HttpRequest;
using rpc::HttpResponse;
using Answer = std::function<void(HttpResponse)>;

/// The part of a URL after '?', as name=value pairs; health checks use no escapes.
class Query {
 public:
  explicit Query(std::string_view text) {
    while (!text.empty()) {
      const auto end = text.find('&');
      const std::string_view pair = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      const auto equals = pair.find('=');
      values_.emplace_back(pair.substr(0, equals),
                           equals == std::string_view::npos ? "" : pair.substr(equals + 1));
    }
  }
  [[nodiscard]] bool has(std::string_view name) const {
    return std::any_of(values_.begin(), values_.end(),
                       [&](const auto& value) { return value.first == name; });
  }
  [[nodiscard]] bool has(std::string_view name, std::string_view wanted) const {
    return std::any_of(values_.begin(), values_.end(),
                       [&](const auto& value) { return value.first == name && value.second == wanted; });
  }

 private:
  std::vector<std::pair<std::string_view, std::string_view>> values_;
};

/// The result of one check: nothing when it passed, else why not.
using Check = std::pair<std::string, std::optional<std::string>>;

/// Proves that the newest data can be read: linearizably, which takes a quorum, or from this member alone.
void check_read(const Context& context, bool serializable,
                std::function<void(std::optional<std::string>)> done) {
  const auto read = [](const ReadView& view) -> std::optional<std::string> {
    const auto result = view.range(RangeOp{.key = std::string(1, '\0'), .limit = 1, .keys_only = true});
    if (!result) return status_of(result.error()).message;
    return std::nullopt;
  };
  if (serializable) {
    done(read(context.server.local_view()));
    return;
  }
  context.server.read([read, done = std::move(done)](std::expected<ReadView, RequestFailure> view) {
    done(view ? read(*view) : std::optional<std::string>(status_of(view.error()).message));
  });
}

HttpResponse health_page(const std::string& fault) {
  HttpResponse response;  // etcd lets Go guess the type, and Go says plain text
  response.body =
      R"({"health":")" + std::string(fault.empty() ? "true" : "false") + R"(","reason":")" + fault + "\"}";
  if (!fault.empty()) {
    response.status = 503;
    response.body += "\n";
  }
  return response;
}

void health(const Context& context, Metrics& metrics, const Query& query, const Answer& answer) {
  const auto counted = [&metrics, answer](const std::string& fault) {
    metrics.count_health(fault.empty());
    answer(health_page(fault));
  };
  for (const Alarm& alarm : context.server.alarms()) {
    const std::string_view name = name_of(alarm.type);
    if (!query.has("exclude", name)) return counted("ALARM " + std::string(name));
  }
  const bool serializable = query.has("serializable", "true");
  if (!serializable && !context.server.has_leader()) return counted("RAFT NO LEADER");
  check_read(context, serializable, [counted](const std::optional<std::string>& fault) {
    counted(fault ? "RANGE ERROR:" + *fault : "");
  });
}

HttpResponse checks_page(const std::vector<Check>& checks, bool verbose) {
  HttpResponse response;
  std::string lines;
  for (const auto& [check, fault] : checks) {
    lines += fault ? "[-]" + check + " failed: " + *fault + "\n" : "[+]" + check + " ok\n";
    if (fault) response.status = 503;
  }
  if (response.status != 200 || verbose) response.body = lines;
  if (response.status == 200) response.body += "ok\n";
  response.headers = {{"x-content-type-options", "nosniff"}};
  return response;
}

constexpr std::array kLive = {"serializable_read"};
constexpr std::array kReady = {"data_corruption", "serializable_read", "linearizable_read", "non_learner"};

std::optional<std::string> corruption(const Context& context) {
  const std::vector<Alarm> alarms = context.server.alarms();
  const bool corrupt =
      std::ranges::any_of(alarms, [](const Alarm& alarm) { return alarm.type == AlarmType::kCorrupt; });
  if (!corrupt) return std::nullopt;
  return "alarm activated: CORRUPT";
}

/// /livez and /readyz, whole or one check of them: `only` names it, empty means all.
void probe(const Context& context, bool ready, std::string_view only, const Query& query,
           const Answer& answer) {
  std::set<std::string> wanted;
  if (ready) {
    wanted.insert(kReady.begin(), kReady.end());
  } else {
    wanted.insert(kLive.begin(), kLive.end());
  }
  if (!only.empty() && !wanted.contains(std::string(only)))
    return answer({.status = 404, .body = "404 page not found\n"});
  std::erase_if(wanted, [&](const std::string& check) {
    return only.empty() ? query.has("exclude", check) : check != only;
  });
  std::vector<Check> checks;
  if (wanted.contains("data_corruption")) checks.emplace_back("data_corruption", corruption(context));
  if (wanted.contains("non_learner")) {
    const bool learner = context.server.is_learner();
    checks.emplace_back("non_learner", learner ? std::optional<std::string>("etcdserver: not a voting member")
                                               : std::nullopt);
  }
  if (wanted.contains("serializable_read")) {
    check_read(context, true, [&](std::optional<std::string> fault) {
      checks.emplace_back("serializable_read", std::move(fault));
    });
  }
  const bool verbose = query.has("verbose");
  if (!wanted.contains("linearizable_read")) return answer(checks_page(checks, verbose));
  check_read(context, false, [answer, verbose, checks](std::optional<std::string> fault) {
    auto all = checks;
    all.emplace_back("linearizable_read", std::move(fault));
    answer(checks_page(all, verbose));
  });
}

HttpResponse version_page() {
  return {.content_type = "application/json",
          .body = R"({"etcdserver":")" + std::string(kEtcdVersion) + R"(","etcdcluster":")" +
                  std::string(kClusterVersion) + R"(","storage":")" + std::string(kClusterVersion) + "\"}"};
}

/// The name of a single check in "/readyz/<check>"; empty for the page itself; nothing for another path.
std::optional<std::string_view> below(std::string_view path, std::string_view page) {
  if (!path.starts_with(page)) return std::nullopt;
  path.remove_prefix(page.size());
  if (path.empty()) return path;
  if (path.front() != '/' || path.size() == 1) return std::nullopt;
  return path.substr(1);
}

}  // namespace

rpc::HttpHandler http_pages(const Context& context, Metrics& metrics,
                            std::function<std::vector<PeerMetrics>()> peers, Pages pages) {
  return [&context, &metrics, pages, peers = std::move(peers)](const HttpRequest& request,
                                                               const Answer& answer) {
    const std::string_view target = request.target;
    const auto question = target.find('?');
    const std::string_view path = target.substr(0, question);
    const Query query(question == std::string_view::npos ? "" : target.substr(question + 1));
    const auto live = below(path, "/livez");
    const auto ready = below(path, "/readyz");
    const bool known = live || ready || path == "/health" || path == "/metrics" ||
                       (path == "/version" && pages == Pages::kClient);
    if (!known) return answer({.status = 404, .body = "404 page not found\n"});
    if (request.method != "GET") {
      return answer({.status = 405, .body = "Method Not Allowed\n", .headers = {{"allow", "GET"}}});
    }
    if (live) return probe(context, false, *live, query, answer);
    if (ready) return probe(context, true, *ready, query, answer);
    if (path == "/health") return health(context, metrics, query, answer);
    if (path == "/version") return answer(version_page());
    answer({.content_type = "text/plain; version=0.0.4; charset=utf-8",
            .body = metrics.page(context.server, peers(), context.options.quota_bytes)});
  };
}

}  // namespace kv::api
