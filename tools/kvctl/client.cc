#include "tools/kvctl/client.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "libkv/api/proto/rpc.pb.h"
#include "libkv/api/proto/sessions.pb.h"
#include "tools/common/units.h"

namespace tools::kvctl {
namespace {

using kv::rpc::Code;
using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{25};
constexpr milliseconds kPauseMax{400};
/// A read gives every endpoint its share of the time that is left, and at least this much.
constexpr milliseconds kPatienceMin{1000};

/// A write whose session expired before it was made begins another so often.
constexpr int kSessionsMax = 3;

/// One call gets another token so often: the users and roles may change again meanwhile.
constexpr int kRefreshesMax = 3;

constexpr std::string_view kUnknownText =
    "outcome unknown: the request was sent, and may or may not have been applied; ";

void sleep_for(milliseconds time) {
  std::this_thread::sleep_for(time);
}

ClientTime with_defaults(ClientTime time) {
  if (!time.pause) time.pause = sleep_for;
  return time;
}

std::string join(const std::map<std::size_t, std::string>& stories) {
  std::string text;
  for (const auto& [index, story] : stories) text += (text.empty() ? "" : "; ") + story;
  return text;
}

}  // namespace

Client::Client(Settings settings, Dialer& dialer, std::ostream* log, ClientTime time)
    : settings_(std::move(settings)),
      dialer_(dialer),
      log_(log),
      time_(with_defaults(std::move(time))),
      token_(std::make_shared<TokenKeeper>()),
      channels_(settings_.endpoints.size()) {}

Client::Client(const Client& like, Settings settings, Dialer& dialer)
    : settings_(std::move(settings)),
      dialer_(dialer),
      log_(nullptr),
      time_(like.time_),
      token_(like.token_),
      channels_(settings_.endpoints.size()) {}

Outcome<std::string> Client::call(const Method& method, const std::string& request) {
  const TimePoint now = time_.now();
  Journey journey{.method = method,
                  .request = request,
                  .access = method.access,
                  .began = now,
                  .deadline = deadline_of(now)};
  TRY_ASSIGN(journey.token, token_until(journey.began, journey.deadline));
  return journey.access == Access::kWriteOnce ? write_once(journey) : follow(journey);
}

/// Empty where authentication is not enabled.
Outcome<std::string> Client::authenticate(TimePoint began, TimePoint deadline) {
  etcdserverpb::AuthenticateRequest request;
  request.set_name(settings_.user);
  request.set_password(settings_.password);
  const std::string bytes = request.SerializeAsString();
  Journey journey{.method = kAuthenticate,
                  .request = bytes,
                  .access = kAuthenticate.access,
                  .began = began,
                  .deadline = deadline};
  auto answer = follow(journey);
  if (!answer && answer.error().text == "etcdserver: authentication is not enabled") return std::string();
  if (!answer) return refuse(std::move(answer.error()));
  etcdserverpb::AuthenticateResponse response;
  if (!response.ParseFromString(*answer)) return refuse(kExitProtocol, "the answer is not of the etcd API");
  return response.token();
}

Outcome<std::string> Client::token() {
  const TimePoint now = time_.now();
  return token_until(now, deadline_of(now));
}

Outcome<std::string> Client::token(milliseconds timeout) {
  const TimePoint now = time_.now();
  return token_until(now, now + timeout);
}

Outcome<std::string> Client::token_until(TimePoint began, TimePoint deadline) {
  if (settings_.user.empty()) return std::string();
  return token_->get(deadline, [&] { return authenticate(began, deadline); });
}

void Client::forget_token(std::string_view refused) {
  token_->forget(refused);
}

Client::TimePoint Client::deadline_of(TimePoint began) const {
  return settings_.timeout.count() == 0 ? TimePoint::max() : began + settings_.timeout;
}

Outcome<std::string> Client::write_once(Journey& journey) {
  for (int sessions = 1;; ++sessions) {
    TRY(open_session(journey));
    journey.ticket = session_.begin();
    journey.access = journey.ticket ? Access::kWriteOnce : Access::kWrite;
    journey.expired = false;
    auto outcome = follow(journey);
    if (journey.ticket) session_.end(*journey.ticket);
    if (!journey.expired || sessions == kSessionsMax || time_.now() >= journey.deadline) return outcome;
    const std::lock_guard lock(session_mutex_);
    session_asked_ = false;
  }
}

Outcome<void> Client::open_session(Journey& journey) {
  const std::lock_guard lock(session_mutex_);
  if (session_asked_) return {};
  const std::string nothing;
  Journey opening{.method = kOpenSession,
                  .request = nothing,
                  .access = kOpenSession.access,
                  .began = journey.began,
                  .deadline = journey.deadline,
                  .token = journey.token};
  const auto answer = follow(opening);
  journey.token = opening.token;
  kvd::OpenSessionResponse response;
  if (answer && !response.ParseFromString(*answer)) {
    return refuse(kExitProtocol, "the answer is not one of kvd.Sessions");
  }
  // An etcd, or a kvd of an earlier version: its writes are sent once. Whoever is refused here is refused
  // everything else as well, in words that say more.
  if (!answer && may_pass(answer.error())) return refuse(answer.error());
  session_.open(response.session());
  session_asked_ = true;
  return {};
}

Outcome<std::string> Client::follow(Journey& journey) {
  milliseconds pause = kFirstPause;
  for (std::size_t turn = 0;; ++turn) {
    if (auto outcome = round(journey, turn)) return std::move(*outcome);
    const TimePoint limit = journey.reached
                                ? journey.deadline
                                : std::min(journey.deadline, journey.began + settings_.dial_timeout);
    if (time_.now() + pause >= limit) return refuse(describe(journey));
    time_.pause(pause);
    pause = std::min(pause * 2, kPauseMax);
  }
}

std::optional<Outcome<std::string>> Client::round(Journey& journey, std::size_t turn) {
  const std::size_t count = settings_.endpoints.size();
  std::size_t first = 0;
  {
    const std::lock_guard lock(mutex_);
    first = preferred_;
  }
  for (std::size_t i = 0; i < count; ++i) {
    if ((turn > 0 || i > 0) && time_.now() >= journey.deadline) return refuse(describe(journey));
    const std::size_t index = (first + i) % count;
    auto attempted = attempt_with_token(journey, index, count - i);
    if (!attempted) return refuse(std::move(attempted.error()));
    Attempt outcome = std::move(*attempted);
    if (outcome.sent && !outcome.verdict.retry) {
      const std::lock_guard lock(mutex_);
      preferred_ = index;
    }
    if (outcome.status.ok()) return std::move(outcome.response);
    journey.reached = journey.reached || outcome.sent;
    journey.stories[index] = outcome.story;
    journey.expired = journey.ticket && !journey.uncertain && is_expired_session(outcome.status);
    if (!outcome.verdict.retry) return refuse(describe_refusal(journey, outcome));
    journey.uncertain = journey.uncertain || outcome.uncertain;
    if (outcome.sent || !journey.reached) journey.last = outcome.verdict;
  }
  return std::nullopt;
}

milliseconds Client::patience(const Journey& journey, std::size_t left) const {
  const auto remaining =
      std::max(milliseconds(1), std::chrono::ceil<milliseconds>(journey.deadline - time_.now()));
  if (journey.access == Access::kWrite) return remaining;
  return std::min(remaining, std::max(kPatienceMin, remaining / static_cast<std::int64_t>(left)));
}

Outcome<Client::Attempt> Client::attempt_with_token(Journey& journey, std::size_t index, std::size_t left) {
  for (;;) {
    Attempt outcome = attempt(journey, index, left);
    note(journey.method, outcome.story);
    const bool refused = !settings_.user.empty() && journey.method.path != kAuthenticate.path &&
                         is_refused_token(outcome.status.message, journey.token);
    if (!refused || journey.refreshes == kRefreshesMax) return outcome;
    ++journey.refreshes;
    forget_token(journey.token);
    auto again = token_until(journey.began, journey.deadline);
    if (again) {
      journey.token = std::move(*again);
      continue;
    }
    // An earlier attempt may have been applied all the same.
    if (journey.uncertain) {
      return refuse(kExitUnknown,
                    std::string(kUnknownText) + join(journey.stories) + "; " + again.error().text);
    }
    return refuse(std::move(again.error()));
  }
}

Client::Attempt Client::attempt(Journey& journey, std::size_t index, std::size_t left) {
  const Endpoint& endpoint = settings_.endpoints[index];
  auto channel = channel_to(index, journey);
  if (!channel) {
    const raft::Error& error = channel.error();
    // A file of ours that cannot be used will not become better elsewhere.
    const bool lost_cause = error.code != raft::ErrorCode::kUnavailable;
    return {.status = {Code::kUnavailable, error.text()},
            .verdict = {!lost_cause, lost_cause ? kExitNoPermission : kExitUnavailable},
            .story = endpoint.text + ": could not connect: " + error.what};
  }
  Attempt outcome = send_to(**channel, journey, left);
  if (outcome.story.empty()) {
    const bool named = outcome.status.message.starts_with(endpoint.text + ": ");
    outcome.story = (named ? "" : endpoint.text + ": ") + outcome.status.message;
  } else {
    outcome.story = endpoint.text + ": " + outcome.story;
  }
  return outcome;
}

/// The story is empty when the status tells it.
Client::Attempt Client::send_to(kv::rpc::Channel& channel, const Journey& journey, std::size_t left) {
  kv::rpc::CallOptions options;
  if (journey.deadline != TimePoint::max()) options.timeout = patience(journey, left);
  if (journey.ticket) options.metadata = journey.ticket->metadata();
  if (!journey.token.empty()) options.metadata.emplace_back("token", journey.token);
  const auto timeout = options.timeout;
  kv::rpc::UnaryResult result = channel.call(journey.method.path, journey.request, std::move(options));
  Attempt outcome{.status = std::move(result.status),
                  .response = std::move(result.response),
                  .sent = result.sent,
                  .story = {}};
  outcome.verdict = judge(outcome.status, outcome.sent, journey.access);
  outcome.uncertain = journey.access != Access::kRead && outcome.verdict.exit == kExitUnknown;
  if (outcome.status.ok()) {
    outcome.story = "answered";
  } else if (outcome.status.code == Code::kDeadlineExceeded && timeout) {
    outcome.story = "no answer within " + format_duration(*timeout);
  }
  return outcome;
}

raft::Result<std::shared_ptr<kv::rpc::Channel>> Client::channel_to(std::size_t index,
                                                                   const Journey& journey) {
  const std::lock_guard lock(mutex_);
  auto& channel = channels_[index];
  if (channel && channel->connected()) return channel;
  milliseconds timeout = settings_.dial_timeout;
  if (journey.deadline != TimePoint::max()) {
    const auto remaining = std::chrono::ceil<milliseconds>(journey.deadline - time_.now());
    timeout = std::clamp(remaining, milliseconds(1), timeout);
  }
  ASSIGN_OR_RETURN(channel, dialer_.dial(settings_.endpoints[index], timeout));
  return channel;
}

Failure Client::describe(const Journey& journey) const {
  const std::string stories = join(journey.stories);
  const std::string waited = format_duration(settings_.timeout);
  if (journey.uncertain) return {kExitUnknown, std::string(kUnknownText) + stories};
  switch (journey.last.exit) {
    case kExitUnavailable:
      return {kExitUnavailable, "no endpoint could be reached: " + stories};
    case kExitTimeout:
      return {kExitTimeout, "timed out after " + waited + ": " + stories};
    default:
      return {journey.last.exit, "not done within " + waited + " (nothing was applied): " + stories};
  }
}

Failure Client::describe_refusal(const Journey& journey, const Attempt& attempt) const {
  const bool lost = journey.uncertain && !settles(attempt.status, attempt.verdict);
  if (lost || attempt.verdict.exit == kExitUnknown) {
    return {kExitUnknown, std::string(kUnknownText) + join(journey.stories)};
  }
  return {attempt.verdict.exit, attempt.status.message};
}

void Client::note(const Method& method, const std::string& story) {
  if (log_ == nullptr) return;
  const std::lock_guard lock(mutex_);
  *log_ << "debug: " << method.path << " to " << story << '\n' << std::flush;
}

}  // namespace tools::kvctl
