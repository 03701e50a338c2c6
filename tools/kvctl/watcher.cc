#include "tools/kvctl/watcher.h"

#include <algorithm>
#include <utility>

#include "tools/common/units.h"
#include "tools/kvctl/verdict.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::WatchResponse;
using kv::rpc::Code;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// What an answer to ask_progress() has as its watch's id.
constexpr std::int64_t kOfWholeStream = -1;

constexpr milliseconds kTourPause{25};
constexpr milliseconds kTourPauseMax{1000};
/// Between two streams.
constexpr milliseconds kReopenPause{100};
/// What a server may take to say that the watch stands, when --timeout is 0.
constexpr milliseconds kCreatedMax{10000};
/// In a row: as many tokens may be refused, each but the last then replaced.
constexpr int kTokensRefusedMax = 3;

bool wants_to_stop(Bell& bell, const Condition& stop) {
  if (!stop) return false;
  const std::lock_guard lock(bell.mutex);
  return stop();
}

/// Why a server did not take or keep a watch; the texts are those of statuses, as a rule.
ExitCode exit_of_cancel(const std::string& reason) {
  const auto says = [&reason](const char* words) { return reason.find(words) != std::string::npos; };
  if (says("permission denied") || says("auth") || says("user name is empty")) return kExitNoPermission;
  if (says("compacted")) return kExitLimit;
  return says("range is empty") ? kExitUsage : kExitSoftware;
}

}  // namespace

Watcher::Watcher(Client& client, Dialer& dialer, Bell& bell, std::ostream* notices, WatchOptions options)
    : client_(client),
      dialer_(dialer),
      bell_(bell),
      notices_(notices),
      options_(std::move(options)),
      next_revision_(options_.revision) {}

Outcome<std::optional<WatchResponse>> Watcher::next(SteadyTime deadline, const Condition& stop) {
  for (;;) {
    TRY_ASSIGN(const bool stands, open(deadline, stop));
    if (!stands) return std::nullopt;
    WatchResponse response;
    TRY_ASSIGN(const Heard heard, hear(deadline, stop, response));
    if (heard == Heard::kNothing) return std::nullopt;
    if (heard == Heard::kEnd) {
      ++endpoint_;
      continue;
    }
    TRY(check(response));
    if (digest(response)) return response;
  }
}

Outcome<bool> Watcher::open(SteadyTime deadline, const Condition& stop) {
  if (stream_) return true;
  // A stream that ends as soon as it stands must not be opened again in a circle.
  if (!pause_until(std::min(deadline, not_before_), stop) || Clock::now() >= deadline) return false;
  const SteadyTime began = Clock::now();
  const Settings& settings = client_.settings();
  milliseconds pause = kTourPause;
  for (;;) {
    TRY_ASSIGN(const bool stands, tour(deadline, stop));
    if (stands) return true;
    if (wants_to_stop(bell_, stop) || Clock::now() >= deadline) return false;
    const bool endless = stood_ || (reached_ && settings.timeout.count() == 0);
    const milliseconds patience = reached_ ? settings.timeout : settings.dial_timeout;
    if (!endless && Clock::now() + pause >= began + patience) return refuse(give_up());
    if (!pause_until(std::min(deadline, Clock::now() + pause), stop)) return false;
    pause = std::min(pause * 2, kTourPauseMax);
  }
}

bool Watcher::pause_until(SteadyTime time, const Condition& stop) {
  std::unique_lock lock(bell_.mutex);
  return !wait_for(bell_, lock, time, [&stop] { return stop && stop(); });
}

Outcome<bool> Watcher::tour(SteadyTime deadline, const Condition& stop) {
  const auto& endpoints = client_.settings().endpoints;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    if (i > 0 && (wants_to_stop(bell_, stop) || Clock::now() >= deadline)) return false;
    const Endpoint& endpoint = endpoints[endpoint_ % endpoints.size()];
    TRY_ASSIGN(const bool stands, open_at(endpoint, deadline, stop));
    if (stands) return true;
    drop_stream();
    ++endpoint_;
  }
  return false;
}

Outcome<bool> Watcher::open_at(const Endpoint& endpoint, SteadyTime deadline, const Condition& stop) {
  const Settings& settings = client_.settings();
  auto channel = dialer_.dial(endpoint, settings.dial_timeout);
  if (!channel) {
    stories_[endpoint.text] = "could not connect: " + channel.error().what;
    if (channel.error().code == raft::ErrorCode::kUnavailable) return false;
    return refuse(kExitNoPermission, channel.error().text());
  }
  channel_ = std::move(*channel);
  reached_ = true;
  kv::rpc::CallOptions call;
  call.metadata.emplace_back("hasleader", "true");
  auto token = client_.token();
  if (!token) {
    const bool passes = stood_ && may_pass(token.error());
    if (!passes) return refuse(std::move(token.error()));
    stories_[endpoint.text] = token.error().text;
    last_exit_ = token.error().exit;
    return false;
  }
  token_ = std::move(*token);
  if (!token_.empty()) call.metadata.emplace_back("token", token_);
  etcdserverpb::WatchCreateRequest request;
  request.set_key(options_.range.key);
  request.set_range_end(options_.range.range_end);
  request.set_start_revision(next_revision_);
  request.set_prev_kv(options_.prev_kv);
  request.set_progress_notify(options_.progress);
  for (const auto filter : options_.filters) request.add_filters(filter);
  stream_ = std::make_unique<WatchStream>(bell_, *channel_, request, std::move(call));

  const milliseconds patience = settings.timeout.count() == 0 ? kCreatedMax : settings.timeout;
  WatchResponse response;
  TRY_ASSIGN(const Heard heard, hear(std::min(deadline, Clock::now() + patience), stop, response));
  if (heard == Heard::kNothing) {
    stories_[endpoint.text] = "no watch within " + format_duration(patience);
    last_exit_ = kExitTimeout;
  }
  if (heard != Heard::kResponse) return false;
  if (response.canceled() && replace_token(response.cancel_reason())) {
    stories_[endpoint.text] = response.cancel_reason();
    last_exit_ = kExitNoPermission;
    return false;
  }
  TRY(check(response));
  tokens_refused_ = 0;
  if (!response.created()) return refuse(kExitProtocol, "the answer to a watch is not of the etcd API");
  if (std::exchange(stood_, true)) {
    tell("goes on at " + endpoint.text + " from revision " + std::to_string(next_revision_));
  }
  not_before_ = Clock::now() + kReopenPause;
  if (next_revision_ == 0) next_revision_ = response.header().revision() + 1;
  return true;
}

Outcome<Watcher::Heard> Watcher::hear(SteadyTime deadline, const Condition& stop, WatchResponse& response) {
  std::optional<std::string> bytes;
  std::optional<kv::rpc::Status> end;
  for (bool ask = true; ask;) {
    std::unique_lock lock(bell_.mutex);
    const bool came = wait_for(bell_, lock, deadline,
                               [this, &stop] { return stream_->ready() || asked_ || (stop && stop()); });
    if (!came || (stop && stop())) return Heard::kNothing;
    ask = std::exchange(asked_, false);
    if (ask) {
      lock.unlock();
      stream_->ask_progress();
      continue;
    }
    bytes = stream_->take();
    if (!bytes) end = *stream_->ended();
  }
  if (end) {
    TRY(judge_end(*end));
    return Heard::kEnd;
  }
  if (!response.ParseFromString(*bytes)) return refuse(kExitProtocol, "the answer is not of the etcd API");
  return Heard::kResponse;
}

Outcome<void> Watcher::judge_end(const kv::rpc::Status& status) {
  const auto& endpoints = client_.settings().endpoints;
  const std::string& where = endpoints[endpoint_ % endpoints.size()].text;
  drop_stream();
  const Verdict verdict = judge(status, true, Access::kRead);
  stories_[where] = status.ok() ? "the server ended the watch" : status.message;
  last_exit_ = status.ok() ? kExitTemporary : verdict.exit;
  // An internal error is how some servers say that they were in the middle of something.
  const bool again =
      verdict.retry || status.ok() || status.code == Code::kInternal || replace_token(status.message);
  if (!again) return refuse(verdict.exit, status.message);
  if (stood_) tell("interrupted at " + where + ": " + stories_[where]);
  return {};
}

bool Watcher::replace_token(const std::string& refusal) {
  if (client_.settings().user.empty() || !is_refused_token(refusal, token_)) return false;
  if (tokens_refused_ == kTokensRefusedMax) return false;
  ++tokens_refused_;
  client_.forget_token(token_);
  return true;
}

Outcome<void> Watcher::check(const WatchResponse& response) {
  const std::uint64_t cluster = response.header().cluster_id();
  if (cluster != 0 && std::exchange(cluster_, cluster) != cluster && stood_) {
    return refuse(kExitProtocol,
                  "the endpoints are of different clusters: revisions of one mean nothing "
                  "in the other");
  }
  if (response.compact_revision() != 0) {
    return refuse(kExitLimit,
                  "revision " + std::to_string(next_revision_) +
                      " is compacted: events are kept from revision " +
                      std::to_string(response.compact_revision()) + " on" +
                      (next_revision_ != options_.revision ? "; those between are lost to this watch" : ""));
  }
  if (response.canceled()) {
    const std::string reason =
        response.cancel_reason().empty() ? "no reason given" : response.cancel_reason();
    return refuse(exit_of_cancel(reason), "the server cancelled the watch: " + reason);
  }
  return {};
}

bool Watcher::digest(WatchResponse& response) {
  auto& events = *response.mutable_events();
  const bool of_events = !events.empty();
  events.erase(events.begin(), std::ranges::find_if(events, [this](const mvccpb::Event& event) {
                 return event.kv().mod_revision() >= next_revision_;
               }));
  if (!events.empty()) {
    // A response never holds a part of a revision: we do not ask for fragments.
    next_revision_ = events.rbegin()->kv().mod_revision() + 1;
    return true;
  }
  if (of_events || response.created() || response.header().revision() == 0) return false;
  next_revision_ = std::max(next_revision_, response.header().revision() + 1);
  return options_.progress || response.watch_id() == kOfWholeStream;
}

void Watcher::ask_progress() {
  const std::lock_guard lock(bell_.mutex);
  asked_ = true;
  bell_.changed.notify_all();
}

Failure Watcher::give_up() const {
  std::string text;
  for (const auto& [where, story] : stories_) text += (text.empty() ? "" : "; ") + where + ": " + story;
  if (!reached_ && last_exit_ == kExitUnavailable) {
    return {kExitUnavailable, "no endpoint could be reached: " + text};
  }
  return {last_exit_, "could not watch: " + text};
}

void Watcher::tell(const std::string& text) {
  if (notices_ != nullptr) *notices_ << "watch: " << text << std::endl;
}

void Watcher::drop_stream() {
  stream_.reset();
  channel_.reset();
}

}  // namespace tools::kvctl
