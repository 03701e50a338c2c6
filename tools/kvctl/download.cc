#include "tools/kvctl/download.h"

#include <condition_variable>
#include <mutex>
#include <optional>

#include "tools/common/units.h"
#include "tools/kvctl/verdict.h"

namespace tools::kvctl {
namespace {

Outcome<std::shared_ptr<kv::rpc::Channel>> reach(Context& context) {
  std::string stories;
  for (const Endpoint& endpoint : context.settings.endpoints) {
    auto channel = context.dialer.dial(endpoint, context.settings.dial_timeout);
    if (channel) return std::move(*channel);
    stories += (stories.empty() ? "" : "; ") + endpoint.text + ": " + channel.error().what;
  }
  return refuse(kExitUnavailable, "no endpoint could be reached: " + stories);
}

/// What the loop's thread tells the one that waits.
class Reception {
 public:
  explicit Reception(const std::function<Outcome<void>(std::string)>& take) : take_(take) {}

  void message(std::string bytes) {
    if (refused_) return;
    auto taken = take_(std::move(bytes));
    const std::lock_guard lock(mutex_);
    ++messages_;
    if (!taken) refused_ = taken.error();
    changed_.notify_all();
  }
  void done(kv::rpc::Status status) {
    const std::lock_guard lock(mutex_);
    status_ = std::move(status);
    changed_.notify_all();
  }

  /// Whether a message came; once wait() has returned.
  [[nodiscard]] bool any() const { return messages_ > 0; }

  /// Until the call is over, or is to be ended.
  Outcome<void> wait(kv::rpc::ClientStream& stream) {
    std::unique_lock lock(mutex_);
    bool silent = false;
    while (!status_ && !refused_ && !silent) {
      const std::uint64_t before = messages_;
      const bool moved =
          changed_.wait_for(lock, kSilenceMax, [&] { return status_ || refused_ || messages_ != before; });
      silent = !moved;
    }
    if (!status_) {
      stream.cancel();
      changed_.wait(lock, [&] { return status_.has_value(); });
    }
    if (refused_) return refuse(*refused_);
    if (silent) return refuse(kExitTimeout, "the server said nothing for " + format_duration(kSilenceMax));
    if (!status_->ok()) return refuse(judge(*status_, true, Access::kRead).exit, status_->message);
    return {};
  }

 private:
  const std::function<Outcome<void>(std::string)>& take_;
  std::mutex mutex_;  // guards what follows; refused_ is written by the loop's thread only
  std::condition_variable changed_;
  std::uint64_t messages_ = 0;
  std::optional<Failure> refused_;
  std::optional<kv::rpc::Status> status_;
};

}  // namespace

Outcome<void> download(Context& context, std::string_view path, std::string request,
                       const std::function<Outcome<void>(std::string message)>& take) {
  TRY_ASSIGN(const auto channel, reach(context));
  for (bool again = false;; again = true) {
    kv::rpc::CallOptions options;
    TRY_ASSIGN(const std::string token, context.client.token());
    if (!token.empty()) options.metadata.emplace_back("token", token);
    Reception reception(take);
    const auto stream =
        channel->stream(path, std::move(options),
                        {.on_message = [&](std::string bytes) { reception.message(std::move(bytes)); },
                         .on_done = [&](kv::rpc::Status status) { reception.done(std::move(status)); }});
    stream->send(request);
    stream->half_close();
    auto outcome = reception.wait(*stream);
    const bool refused = !outcome && !context.settings.user.empty() && !reception.any() &&
                         is_refused_token(outcome.error().text, token);
    if (!refused || again) return outcome;
    context.client.forget_token(token);
  }
}

}  // namespace tools::kvctl
